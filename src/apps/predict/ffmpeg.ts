/** The ffmpeg and ffprobe of the machine as child processes. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { isErrno } from "../../platform/files.node.ts";

/** Arguments that read a file; "file:" keeps ffmpeg from taking a name for a network address. */
export const inputOf = (file: string): readonly string[] => [
  ...["-protocol_whitelist", "file,pipe"],
  ...["-i", `file:${file}`],
];

/** A running program whose failure `ended` reports. */
export interface RunningTool {
  readonly process: ChildProcess;
  /** Resolves after success. Throws RUNTIME where the program is missing, and `failure` with its first complaint otherwise. */
  ended(): Promise<void>;
}

/** What a failure of ffmpeg means, with the first line that it complains with. */
export type Failure = (complaint: string) => MpaError;

/** The failure of reading a video. */
export const unreadable =
  (file: string): Failure =>
  (complaint) =>
    new MpaError("IMAGE", `ffmpeg cannot read the video (${complaint || "it has no frame"})`, {
      where: file,
      fix: "replace it or take it out",
    });

/** Starts ffmpeg or ffprobe; standard input is closed unless `stdin` is "pipe". */
export function startTool(
  program: "ffmpeg" | "ffprobe",
  words: readonly string[],
  failure: Failure,
  { stdin = "ignore", signal }: { readonly stdin?: "ignore" | "pipe"; readonly signal?: AbortSignal | undefined } = {},
): RunningTool {
  const child = spawn(program, words, { stdio: [stdin, "pipe", "pipe"], signal });
  const complaint = textOf(child.stderr);
  // A program that ends early closes the pipe; `ended` reports why it ended.
  child.stdin?.on("error", () => undefined);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  // `ended()` tells of a failure; until it is called, that must not count as an unhandled rejection.
  ended.catch(() => undefined);
  return {
    process: child,
    ended: async () => {
      const code = await ended.catch((error: unknown) => {
        throw isErrno(error, "ENOENT") ? missing(error) : error;
      });
      if (code !== 0) throw failure((await complaint).split("\n")[0]);
    },
  };
}

/** Writes to a program, and waits where it is slower. Does nothing where it has ended; `ended` tells why. */
export async function writeTo({ process: { stdin } }: RunningTool, bytes: Uint8Array): Promise<void> {
  if (stdin === null || stdin.destroyed || stdin.write(bytes)) return;
  await new Promise<void>((resolve) => {
    stdin.once("drain", resolve);
    stdin.once("close", resolve);
  });
}

/** Runs a program to its end and returns its standard output. */
export async function outputOf(
  program: "ffmpeg" | "ffprobe",
  words: readonly string[],
  failure: Failure,
  signal?: AbortSignal,
): Promise<string> {
  const tool = startTool(program, words, failure, { signal });
  const parts: string[] = [];
  if (tool.process.stdout) for await (const part of tool.process.stdout) parts.push(String(part));
  await tool.ended();
  return parts.join("");
}

function missing(cause: unknown): MpaError {
  const what = `ffmpeg is not on the path (${messageOf(cause)})`;
  return new MpaError("RUNTIME", what, { fix: "install ffmpeg, or cut the video into pictures", cause });
}

/** Most characters of complaints that are held: a video that is broken throughout must not fill the memory. */
const maxComplaint = 2000;

async function textOf(stream: Readable | null): Promise<string> {
  let text = "";
  for await (const part of stream ?? []) if (text.length < maxComplaint) text += String(part);
  return text;
}
