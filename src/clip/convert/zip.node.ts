/** Zip files whose entries are read one by one. */
import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { crc32 } from "node:zlib";
import { type Entry, fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile as YauzlFile } from "yauzl";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { quoted } from "../../platform/quote.ts";
import { readAt } from "../weights.node.ts";
import { openSourceFile } from "./sourceFile.node.ts";

/** Maximum number of entries, one per tensor; training checkpoints of the largest CLIPs have 4,000. */
const maxEntries = 16_384;
/** Maximum bytes of an entry's name, of its extra fields and of its comment. */
const maxField = 1024;
/** Maximum bytes read, as a multiple of the file size: tensors may share a storage, and each reads it again. */
const maxReadings = 16;

/** An open zip file; the caller closes it. */
export class ZipFile {
  readonly names: readonly string[];
  readonly #file: YauzlFile;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #where: string;
  /** remaining bytes that may be read */
  #left: number;

  private constructor(file: YauzlFile, entries: ReadonlyMap<string, Entry>, where: string) {
    this.#file = file;
    this.#entries = entries;
    this.#where = where;
    this.names = [...entries.keys()];
    this.#left = maxReadings * file.fileSize;
  }

  /** Opens a zip file. Throws NOT_FOUND, ACCESS, and WEIGHTS for another kind of file or one with too many entries. */
  static async open(path: string): Promise<ZipFile> {
    const handle = await openSourceFile(path);
    try {
      const { size } = await handle.stat();
      const file = await fromRandomAccessReaderPromise(new FileReader(handle), size, { autoClose: false });
      return new ZipFile(file, await entriesOf(file), path);
    } catch (cause) {
      await handle.close();
      const what = `the file is no zip archive (${messageOf(cause)})`;
      throw new MpaError("WEIGHTS", what, {
        where: path,
        fix: "save it with PyTorch 1.6 or newer, or as safetensors",
        cause,
      });
    }
  }

  /** Reads an entry. Throws WEIGHTS if it is missing, corrupt, compressed or larger than `max` bytes. */
  async read(name: string, max: number): Promise<Uint8Array> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw this.#broken(`has no ${quoted(name)}`);
    if (entry.uncompressedSize > max) {
      throw this.#broken(`has ${entry.uncompressedSize} bytes in ${quoted(name)} where ${max} are allowed`);
    }
    // PyTorch does not compress entries, and a few compressed bytes could expand to any size.
    if (entry.compressionMethod !== 0) throw this.#broken(`has ${quoted(name)} compressed`);
    this.#left -= entry.uncompressedSize;
    if (this.#left < 0) throw this.#broken("has tensors that share their storages without end");
    const bytes = new Uint8Array(entry.uncompressedSize);
    let at = 0;
    try {
      for await (const chunk of await streamOf(this.#file, entry)) {
        bytes.set(chunk, at);
        at += chunk.length;
      }
    } catch (cause) {
      throw this.#broken(`breaks off in ${quoted(name)} (${messageOf(cause)})`);
    }
    if (at !== bytes.length) throw this.#broken(`breaks off in ${quoted(name)}`);
    if (crc32(bytes) !== entry.crc32) throw this.#broken(`has bytes in ${quoted(name)} that its checksum is not of`);
    return bytes;
  }

  close(): void {
    this.#file.close();
  }

  #broken(what: string): MpaError {
    return new MpaError("WEIGHTS", `the archive ${what}`, { where: this.#where, fix: "fetch or save the file again" });
  }
}

/** Bytes of a chunk of an entry. */
const chunkBytes = 2 ** 20;

/** Adapter from an open file to the reader that yauzl expects. */
class FileReader extends RandomAccessReader {
  readonly #file: FileHandle;

  constructor(file: FileHandle) {
    super();
    this.#file = file;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    readAt(this.#file, position, length).then((bytes) => {
      buffer.set(bytes, offset);
      done(bytes.length < length ? new Error("unexpected EOF") : null);
    }, done);
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(chunksOf(this.#file, start, end));
  }

  override close(done: (error: Error | null) => void): void {
    this.#file.close().then(() => done(null), done);
  }
}

async function* chunksOf(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; at += chunkBytes) yield await readAt(file, at, Math.min(chunkBytes, end - at));
}

function entriesOf(file: YauzlFile): Promise<ReadonlyMap<string, Entry>> {
  return new Promise((resolve, reject) => {
    if (file.entryCount > maxEntries) throw new Error(`it has more than ${maxEntries} entries`);
    const entries = new Map<string, Entry>();
    file.on("entry", (entry: Entry) => {
      const { fileName, fileNameLength, extraFieldLength, fileCommentLength } = entry;
      if (Math.max(fileNameLength, extraFieldLength, fileCommentLength) > maxField) {
        reject(new Error(`an entry's head has more than ${maxField} bytes`));
      } else if (entries.has(fileName)) reject(new Error(`${quoted(fileName)} comes twice`));
      else {
        entries.set(fileName, entry);
        file.readEntry();
      }
    });
    file.on("end", () => resolve(entries));
    file.on("error", reject);
    file.readEntry();
  });
}

function streamOf(file: YauzlFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    file.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}
