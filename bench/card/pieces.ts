/** A folder as one compressed archive, cut into pieces that are checked and joined again by `unpack.sh`. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { type FileHandle, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";

/** A piece of the archive. */
export interface Piece {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes `folder/name` as pieces of at most `size` bytes into `out`, with SHA256SUMS. Needs `tar` with gzip. */
export async function writePieces(folder: string, name: string, out: string, size: number): Promise<readonly Piece[]> {
  const tar = spawn("tar", ["-cz", "-C", folder, name], { stdio: ["ignore", "pipe", "inherit"] });
  const closed = once(tar, "close");
  const pieces: Piece[] = [];
  let piece = await openPiece(out, name, 0);
  for await (const chunk of tar.stdout) {
    let rest: Buffer = chunk;
    while (piece.bytes + rest.length > size) {
      const [fitting, more] = [rest.subarray(0, size - piece.bytes), rest.subarray(size - piece.bytes)];
      await append(piece, fitting);
      pieces.push(await closePiece(piece));
      piece = await openPiece(out, name, pieces.length);
      rest = more;
    }
    await append(piece, rest);
  }
  pieces.push(await closePiece(piece));
  await finished(tar.stdout);
  const [code] = await closed;
  if (code !== 0) throw new Error(`tar ended with ${code}`);
  await writeFile(join(out, "SHA256SUMS"), pieces.map((each) => `${each.sha256}  ${each.name}\n`).join(""));
  return pieces;
}

interface OpenPiece {
  readonly name: string;
  readonly file: FileHandle;
  readonly hash: ReturnType<typeof createHash>;
  bytes: number;
}

async function openPiece(out: string, name: string, index: number): Promise<OpenPiece> {
  const piece = `${name}.tar.gz.${String(index).padStart(3, "0")}`;
  return { name: piece, file: await open(join(out, piece), "w"), hash: createHash("sha256"), bytes: 0 };
}

async function append(piece: OpenPiece, bytes: Buffer): Promise<void> {
  piece.hash.update(bytes);
  await piece.file.writeFile(bytes);
  piece.bytes += bytes.length;
}

async function closePiece({ name, file, hash, bytes }: OpenPiece): Promise<Piece> {
  await file.close();
  return { name, bytes, sha256: hash.digest("hex") };
}
