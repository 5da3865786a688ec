/** Zip archives of uncompressed entries, as PyTorch writes them. */
import { crc32 } from "node:zlib";

export interface ZipEntryOptions {
  /** wrong value in the header of an entry */
  readonly crc?: number;
  readonly uncompressedSize?: number;
  readonly method?: number;
}

/** Archive of these files; `wrong` overrides header values of one of them. */
export function storedZip(
  files: Readonly<Record<string, Uint8Array>> | readonly (readonly [string, Uint8Array])[],
  wrong: Readonly<Record<string, ZipEntryOptions>> = {},
): Uint8Array {
  const entries: readonly (readonly [string, Uint8Array])[] = Array.isArray(files) ? files : Object.entries(files);
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let at = 0;
  for (const [name, data] of entries) {
    const { crc = crc32(data), uncompressedSize = data.length, method = 0 } = wrong[name] ?? {};
    const about = [20, 0, method, 0, 0x21] as const;
    const sizes = [crc, data.length, uncompressedSize] as const;
    const nameBytes = Buffer.from(name);
    const local = Buffer.concat([fields(0x04034b50, about, sizes, [nameBytes.length, 0]), nameBytes, data]);
    const places = [nameBytes.length, 0, 0, 0, 0] as const;
    central.push(Buffer.concat([fields(0x02014b50, [20, ...about], sizes, places), numbers([0, at], 4), nameBytes]));
    locals.push(local);
    at += local.length;
  }
  const directory = Buffer.concat(central);
  const end = [entries.length, entries.length] as const;
  return Buffer.concat([
    ...locals,
    directory,
    numbers([0x06054b50], 4),
    numbers([0, 0, ...end], 2),
    numbers([directory.length, at], 4),
    numbers([0], 2),
  ]);
}

const fields = (signature: number, halves: readonly number[], words: readonly number[], more: readonly number[]) =>
  Buffer.concat([numbers([signature], 4), numbers(halves, 2), numbers(words, 4), numbers(more, 2)]);

function numbers(values: readonly number[], width: 2 | 4): Buffer {
  const out = Buffer.alloc(values.length * width);
  for (const [i, value] of values.entries()) {
    if (width === 2) out.writeUInt16LE(value, 2 * i);
    else out.writeUInt32LE(value, 4 * i);
  }
  return out;
}
