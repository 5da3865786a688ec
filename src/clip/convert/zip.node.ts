/** A zip file whose entries are read one by one. */
import type { Readable } from "node:stream";
import { promisify } from "node:util";
import { crc32 } from "node:zlib";
import { type Entry, type Options, open, type ZipFile as YauzlFile } from "yauzl";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { quoted } from "../../platform/quote.ts";

const openFile = promisify<string, Options, YauzlFile>(open);

/** An entry a tensor; training checkpoints of the largest CLIPs have 4,000. */
const maxEntries = 16_384;
/** Bytes of an entry's name, of its extra fields and of its comment. */
const maxField = 1024;
/** An archive's bytes are read this often at most: as many tensors may share one storage, and each reads it anew. */
const maxReadings = 16;

export class ZipFile {
  readonly names: readonly string[];
  readonly #file: YauzlFile;
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #where: string;
  /** bytes that may still be read */
  #left: number;

  private constructor(file: YauzlFile, entries: ReadonlyMap<string, Entry>, where: string) {
    this.#file = file;
    this.#entries = entries;
    this.#where = where;
    this.names = [...entries.keys()];
    this.#left = maxReadings * file.fileSize;
  }

  /** Throws WEIGHTS for what is no zip file, or one of too many entries. */
  static async open(path: string): Promise<ZipFile> {
    let file: YauzlFile | undefined;
    try {
      file = await openFile(path, { lazyEntries: true, autoClose: false });
      return new ZipFile(file, await entriesOf(file), path);
    } catch (cause) {
      file?.close();
      const what = `the file is no zip archive (${messageOf(cause)})`;
      throw new MpaError("WEIGHTS", what, {
        where: path,
        fix: "save it with PyTorch 1.6 or newer, or as safetensors",
        cause,
      });
    }
  }

  /** An entry's bytes. Throws WEIGHTS where it is missing, broken, or larger than `max` bytes. */
  async read(name: string, max: number): Promise<Uint8Array> {
    const entry = this.#entries.get(name);
    if (entry === undefined) throw this.#broken(`has no ${quoted(name)}`);
    if (entry.uncompressedSize > max) {
      throw this.#broken(`has ${entry.uncompressedSize} bytes in ${quoted(name)} where ${max} are allowed`);
    }
    // PyTorch stores its entries as they are; a few compressed bytes could claim any size.
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
