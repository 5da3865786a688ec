/** What a command line names, as one picture after another: files, folders, patterns, standard input, video. */
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { glob, isDynamicPattern } from "tinyglobby";
import { MpaError } from "../errors.ts";
import type { NodeImage } from "./nodeImage.ts";
import { isVideo, videoFrames } from "./video.ts";

/** One picture to look at, and what an answer calls it. */
export interface Picture {
  readonly file: string;
  /** seconds from the start, for a frame of a video */
  readonly time?: number;
  /** or why there is none */
  readonly image: NodeImage | MpaError;
}

export interface PictureOptions {
  /** seconds between the frames of a video */
  readonly every: number;
  /** what `-` names */
  readonly stdin: Readable;
  readonly signal?: AbortSignal;
}

const imageName = /\.(png|jpe?g|webp|bmp|gif|tiff?|avif)$/i;
export const standardInput = "-";

/** The files behind the words: folders and patterns in order of name. Throws NOT_FOUND where a pattern fits nothing. */
export async function filesOf(words: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const word of words) files.push(...(await filesOfWord(word)));
  return files;
}

/** The pictures of the files, one after another; a video gives its frames. */
export async function* picturesOf(files: readonly string[], options: PictureOptions): AsyncGenerator<Picture> {
  for (const file of files) {
    if (file === standardInput) yield { file, image: await bytesOf(options.stdin) };
    else if (isVideo(file)) yield* framesOf(file, options);
    else yield { file, image: file };
  }
}

async function* framesOf(file: string, options: PictureOptions): AsyncGenerator<Picture> {
  try {
    yield* videoFrames(file, options);
  } catch (error) {
    if (!(error instanceof MpaError) || error.code !== "IMAGE") throw error;
    yield { file, image: error };
  }
}

/** Longer input is no photograph. */
const mostBytes = 200e6;

async function bytesOf(stdin: Readable): Promise<Uint8Array | MpaError> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stdin) {
    const bytes = Buffer.from(part);
    parts.push(bytes);
    length += bytes.length;
    if (length > mostBytes) return new MpaError("IMAGE", `standard input has more than ${mostBytes / 1e6} MB`);
  }
  return Buffer.concat(parts);
}

async function filesOfWord(word: string): Promise<string[]> {
  if (word === standardInput) return [word];
  const found = await stat(word).catch(() => undefined);
  if (found?.isDirectory()) return below(word, "**", (name) => imageName.test(name) || isVideo(name), "picture");
  if (found === undefined && isDynamicPattern(word)) return below(".", word, () => true, "file");
  return [word];
}

async function below(folder: string, pattern: string, wanted: (name: string) => boolean, what: string) {
  const names = await glob(pattern, { cwd: folder, absolute: false, dot: false, followSymbolicLinks: false });
  const files = names.filter(wanted).sort();
  if (files.length > 0) return files.map((name) => (folder === "." ? name : `${folder.replace(/\/+$/, "")}/${name}`));
  throw new MpaError("NOT_FOUND", `there is no ${what} to read`, pattern === "**" ? folder : pattern, "check the path");
}
