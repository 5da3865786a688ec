/**
 * Streaming parser of forms (multipart/form-data: RFC 7578, RFC 2046). Lines end with CR LF or LF; text before the first
 * boundary and after the last is ignored. A malformed part head is an error that names the part.
 */
import { extendedValue, headerParameters } from "./headerParameters.ts";
import { HttpError, tooLarge } from "./httpError.ts";

export interface FormLimits {
  /** maximum bytes of one part */
  readonly picture: number;
  /** maximum number of files */
  readonly parts: number;
}

/** Parsed head of a part. */
export interface PartHead {
  /** name of the field; "" if it has none */
  readonly name: string;
  /** file name sent by the client; undefined for a field without one */
  readonly file: string | undefined;
}

export interface FormPart extends PartHead {
  readonly bytes: Uint8Array;
}

/** Maximum bytes of a part's head. */
const maxHead = 8 * 1024;
/** Maximum number of fields besides the files. */
const maxFields = 100;
/** Maximum number of spaces and tabs after a boundary. */
const maxPadding = 64;

/** Incremental parser. Throws HttpError: 400 for a malformed form, 413 for one above the limits. */
export class MultipartParser {
  readonly #limits: FormLimits;
  readonly #boundary: string;
  /** unprocessed bytes, which may hold the start of a boundary or head */
  #rest: Buffer = Buffer.from("\n");
  #state: "preamble" | "head" | "content" | "end" = "preamble";
  /** line ending of the first boundary */
  #lineEnd = "\n";
  /** number of parts whose head has started, which is the 1-based number of the current part */
  #partNumber = 0;
  #files = 0;
  #head: PartHead = { name: "", file: undefined };
  #content: Buffer[] = [];
  #length = 0;
  /** bytes of the head's last line ending that precede the content */
  #before = 0;

  constructor(contentType: string, limits: FormLimits) {
    const boundary = headerParameters(contentType).get("boundary") ?? "";
    if (!/^[\x20-\x7e]{1,200}$/.test(boundary)) throw broken("its Content-Type names no boundary");
    this.#boundary = `--${boundary}`;
    this.#limits = limits;
  }

  /** Yields the parts completed by this piece of the form. */
  *write(piece: Uint8Array): Generator<FormPart, void, undefined> {
    if (this.#state === "end") return;
    this.#rest = Buffer.concat([this.#rest, piece]);
    yield* this.#read(false);
  }

  /** Yields the part completed by the end of the form. Throws if the final boundary is missing. */
  *finish(): Generator<FormPart, void, undefined> {
    yield* this.#read(true);
    if (this.#state === "preamble") throw broken("its boundary is not in it");
    if (this.#state !== "end") throw broken(`it ends within part ${this.#partNumber}`);
  }

  *#read(isLast: boolean): Generator<FormPart, void, undefined> {
    while (this.#state !== "end") {
      if (this.#state === "head") {
        if (!this.#readHead()) return;
        continue;
      }
      const { at, length, line } = this.#findBoundary(isLast);
      if (this.#state === "content") this.#add(this.#rest.subarray(0, at));
      this.#rest = this.#rest.subarray(at + length);
      if (line === undefined) return;
      if (this.#state === "content") yield { ...this.#head, bytes: Buffer.concat(this.#content) };
      if (this.#state === "preamble") this.#lineEnd = line.lineEnd;
      this.#state = line.isLast ? "end" : "head";
      if (this.#state === "head") this.#begin();
    }
  }

  /** Finds the next boundary; without a `line`, there is none before the returned position. */
  #findBoundary(isLast: boolean): { at: number; length: number; line?: BoundaryLine } {
    const mark = this.#lineEnd + this.#boundary;
    for (let at = this.#rest.indexOf(mark); at >= 0; at = this.#rest.indexOf(mark, at + 1)) {
      const line = boundaryLine(this.#rest.subarray(at + mark.length), isLast);
      if (line === "unknown") return { at, length: 0 };
      if (line !== "none") return { at, length: mark.length + line.length, line };
    }
    return { at: isLast ? this.#rest.length : Math.max(0, this.#rest.length - mark.length + 1), length: 0 };
  }

  #begin(): void {
    this.#partNumber++;
    const max = this.#limits.parts + maxFields;
    if (this.#partNumber > max) throw tooLarge(`the form has more than ${max} parts`);
  }

  /** Parses the head; returns false if it is incomplete. */
  #readHead(): boolean {
    const text = this.#rest.toString("latin1", 0, maxHead);
    // A part without headers starts with the empty line.
    const end = /^\r?\n|\r?\n\r?\n/.exec(text);
    if (end === null) {
      if (text.length === maxHead) throw broken(`the head of part ${this.#partNumber} has more than ${maxHead} bytes`);
      return false;
    }
    this.#head = parseHead(this.#rest.toString("utf8", 0, end.index), this.#partNumber);
    const { parts } = this.#limits;
    if (this.#head.file !== undefined && ++this.#files > parts) throw tooManyFiles(parts);
    this.#content = [];
    this.#length = 0;
    // In a part without content, the line ending of the empty line may belong to the boundary.
    const start = end.index + end[0].length;
    this.#before = Math.min(start, this.#lineEnd.length);
    this.#rest = this.#rest.subarray(start - this.#before);
    this.#state = "content";
    return true;
  }

  #add(bytes: Buffer): void {
    const content = bytes.subarray(this.#before);
    this.#before = Math.max(0, this.#before - bytes.length);
    this.#length += content.length;
    const { picture } = this.#limits;
    if (this.#length > picture) throw tooLarge(`a file has more than ${picture / 1e6} MB`);
    if (content.length > 0) this.#content.push(content);
  }
}

export const tooManyFiles = (max: number): HttpError =>
  tooLarge(`the form has more than ${max} files, which is what is answered at one time here: send several forms`);

const broken = (what: string): HttpError => new HttpError(400, "USAGE", `the form cannot be read: ${what}`);

interface BoundaryLine {
  /** line ending; "" at the end of the form */
  readonly lineEnd: string;
  /** bytes after the boundary's text */
  readonly length: number;
  /** whether it is the final boundary */
  readonly isLast: boolean;
}

/** Parses the rest of a boundary's line. "none": the text occurs within content; "unknown": more bytes are needed. */
function boundaryLine(bytes: Buffer, isLast: boolean): BoundaryLine | "none" | "unknown" {
  const text = bytes.toString("latin1", 0, maxPadding + 4);
  const [line = "", dashes, lineEnd] = /^(--)?[ \t]*(\r?\n)?/.exec(text) ?? [];
  if (lineEnd !== undefined) return { lineEnd, length: line.length, isLast: dashes !== undefined };
  const isCut = line.length <= maxPadding && ["", "\r", "-"].includes(text.slice(line.length));
  if (!isCut) return "none";
  if (!isLast) return "unknown";
  return dashes === undefined ? "none" : { lineEnd: "", length: bytes.length, isLast: true };
}

/** Parses the head of a part. Throws HttpError 400. */
function parseHead(text: string, part: number): PartHead {
  const headers = new Map<string, string>();
  for (const line of text.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/)) {
    if (line === "") continue;
    const [, name, value = ""] = /^([^\s:]+)[ \t]*:(.*)$/s.exec(line) ?? [];
    if (name === undefined) throw broken(`a line in the head of part ${part} has no name before a colon`);
    headers.set(name.toLowerCase(), value);
  }
  const disposition = headers.get("content-disposition");
  if (disposition === undefined) throw broken(`the head of part ${part} has no Content-Disposition`);
  const encoding = (headers.get("content-transfer-encoding") ?? "").trim().toLowerCase();
  if (encoding === "base64" || encoding === "quoted-printable") {
    throw broken(`part ${part} is encoded (${encoding}); send its bytes as they are`);
  }
  const parameters = headerParameters(disposition);
  return { name: unescaped(parameters.get("name") ?? ""), file: fileName(parameters, part) };
}

function fileName(parameters: ReadonlyMap<string, string>, part: number): string | undefined {
  const plain = parameters.get("filename");
  const extended = parameters.get("filename*");
  // Browsers send an empty name if no file was chosen.
  if (extended === undefined) return plain === undefined || plain === "" ? undefined : unescaped(plain);
  const name = extendedValue(extended) ?? plain;
  if (name === undefined) throw broken(`the filename* in the head of part ${part} is not understood`);
  return name;
}

/** Decodes the three characters that browsers escape. */
const unescaped = (name: string): string =>
  name.replace(/%(22|0d|0a)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
