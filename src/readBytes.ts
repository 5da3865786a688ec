/** A file's bytes, with a bound on how many. */
import { open } from "node:fs/promises";

/** What is asked of a pipe or a device at a time: they do not tell their size. */
const pieceBytes = 64 * 1024;

/** Reads until the file ends. Throws a RangeError where there are more than `most` bytes, and what the system throws. */
export async function readBytes(path: string, most: number): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const about = await file.stat();
    if (about.isFile() && about.size > most) throw tooLarge(most);
    const chunks: Uint8Array[] = [];
    for (let length = 0; ; ) {
      // One byte more than a file says it has shows that it has ended, in the same read.
      const piece = Buffer.allocUnsafe(about.isFile() ? Math.max(about.size - length, 0) + 1 : pieceBytes);
      const { bytesRead } = await file.read(piece, 0, piece.length, null);
      if (bytesRead === 0) return chunks.length === 1 ? chunks[0] : Buffer.concat(chunks);
      chunks.push(piece.subarray(0, bytesRead));
      length += bytesRead;
      if (length > most) throw tooLarge(most);
    }
  } finally {
    await file.close();
  }
}

const tooLarge = (most: number) => new RangeError(`it has more than ${most / 2 ** 20} MiB`);
