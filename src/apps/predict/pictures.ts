/** What a command line names, as one picture after another: files, folders, patterns, standard input, video. */
import { realpath, stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import type { Readable } from "node:stream";
import { glob, isDynamicPattern } from "tinyglobby";
import { type FoundFile, filesBelow, kindOfFile } from "../../pictures/filesBelow.node.ts";
import { isRead, kindByName } from "../../pictures/kinds.ts";
import { countByName, countsText, passedOverText } from "../../platform/counts.ts";
import { isFailure, MpaError, messageOf } from "../../platform/errors.ts";
import { isFile } from "../../platform/files.node.ts";
import type { Predicted } from "./filePrediction.ts";
import { framesLookedAt, videoFrames } from "./video.ts";
import { videoLength } from "./videoLength.ts";

export interface PictureOptions {
  /** seconds between the frames of a video */
  readonly every: number;
  /** what `-` names */
  readonly stdin: Readable;
  readonly signal?: AbortSignal | undefined;
  /** receives a line at the end of each video */
  readonly notice?: (line: string) => void;
}

export const standardInput = "-";

/**
 * The files behind the words: folders and patterns in order of name. Of a folder these are pictures, videos, and photographs
 * of kinds that are not read, which are answered with an error; `notice` hears how many files were passed over. Throws
 * NOT_FOUND where a folder or a pattern has nothing to look at.
 */
export async function filesOf(
  words: readonly string[],
  notice: (line: string) => void = () => undefined,
): Promise<string[]> {
  const files: string[] = [];
  for (const word of words) files.push(...(await filesOfWord(word, notice)));
  return files;
}

/** The pictures of the files, one after another, without faces yet; a video gives its frames. */
export async function* picturesOf(files: readonly string[], options: PictureOptions): AsyncGenerator<Predicted> {
  for (const file of files) {
    try {
      if (file === standardInput) yield { answer: { file, faces: [] }, image: await bytesOf(options.stdin) };
      else if (await isVideo(file)) yield* videoFrames(file, options);
      else yield { answer: { file, faces: [] }, image: file };
    } catch (error) {
      if (!isFailure(error, "IMAGE") && !isFailure(error, "RUNTIME")) throw error;
      yield { answer: { file, faces: [], error: messageOf(error) } };
    }
  }
}

/** Counts of what the files hold, for progress and for outputs that are of videos. */
export interface PictureCounts {
  readonly videos: number;
  /** number of pictures and frames that `picturesOf` gives */
  readonly pictures: number;
}

/** Counts pictures and frames ahead. A video that cannot be read counts as one, for its error. */
export async function countPictures(
  files: readonly string[],
  { every, signal }: Pick<PictureOptions, "every" | "signal">,
): Promise<PictureCounts> {
  const videos = await videosOf(files);
  let pictures = files.length - videos.length;
  for (const file of videos) {
    const length = await videoLength(file, signal).catch(() => undefined);
    pictures += length === undefined ? 1 : framesLookedAt(length, every);
  }
  return { videos: videos.length, pictures };
}

/** The videos among the files. */
export async function videosOf(files: readonly string[]): Promise<string[]> {
  const videos: string[] = [];
  for (const file of files) if (file !== standardInput && (await isVideo(file).catch(() => false))) videos.push(file);
  return videos;
}

/** Longer input is no photograph. */
const maxBytes = 200e6;

/** Throws IMAGE. */
async function bytesOf(stdin: Readable): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of stdin) {
    const bytes = Buffer.from(part);
    parts.push(bytes);
    length += bytes.length;
    if (length > maxBytes) throw new MpaError("IMAGE", `standard input has more than ${maxBytes / 1e6} MB`);
  }
  return Buffer.concat(parts);
}

/** By its name, and where that says nothing by its first bytes: `.ts` is a video or a program's text. */
async function isVideo(file: string): Promise<boolean> {
  return (kindByName(file) ?? (await kindOfFile(file)))?.isVideo === true;
}

async function filesOfWord(word: string, notice: (line: string) => void): Promise<string[]> {
  if (word === standardInput) return [word];
  const found = await stat(word).catch(() => undefined);
  if (found?.isDirectory()) return await filesOfFolder(word, notice);
  if (found === undefined && isDynamicPattern(word)) return await filesOfPattern(word);
  return [word];
}

async function filesOfFolder(folder: string, notice: (line: string) => void): Promise<string[]> {
  const files = await filesBelow(folder).catch((cause) => {
    const what = `the folder cannot be listed (${messageOf(cause)})`;
    throw new MpaError("NOT_FOUND", what, { where: folder, fix: "check the path", cause });
  });
  const others = countByName(files.filter(({ kind }) => !isRead(kind)));
  const wanted = files.filter(isPhotographOrVideo);
  if (wanted.length === 0) {
    const there = files.length === 0 ? "" : ` (${countsText(others)})`;
    throw new MpaError("NOT_FOUND", `there is no picture to read${there}`, { where: folder, fix: "check the path" });
  }
  const text = passedOverText(others, files.length);
  if (text !== undefined) notice(`${folder}: ${text}`);
  const below = folder === "." ? "" : `${folder.replace(/\/+$/, "")}/`;
  return wanted.map(({ path }) => `${below}${path}`);
}

/** Also of kinds that are not read here: their answers say so. */
const isPhotographOrVideo = ({ kind }: FoundFile): boolean => isRead(kind) || kind?.convert !== undefined;

/** Links are followed; a folder that several lead to is looked at once. */
async function filesOfPattern(pattern: string): Promise<string[]> {
  const names = await glob(pattern, { onlyFiles: false, dot: false, absolute: isAbsolute(pattern) });
  const files: string[] = [];
  const seen = new Set<string>();
  for (const name of names.sort()) {
    if (!(await isFile(name))) continue;
    const real = join(await realpath(dirname(name)), basename(name));
    if (!seen.has(real)) files.push(name);
    seen.add(real);
  }
  if (files.length > 0) return files;
  throw new MpaError("NOT_FOUND", "there is no file to read", { where: pattern, fix: "check the path" });
}
