/** Frames of a video, by the ffmpeg of the machine. */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { PixelData } from "../../pictures/image.ts";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { isErrno } from "../../platform/files.node.ts";
import type { Predicted } from "./predictPictures.ts";

/** A frame every so many seconds, from the first on. Throws RUNTIME without ffmpeg, IMAGE where it cannot read the file. */
export async function* videoFrames(
  file: string,
  { every, signal }: { readonly every: number; readonly signal?: AbortSignal },
): AsyncGenerator<Predicted> {
  // "file:" keeps ffmpeg from taking a name for a network address
  const input = ["-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe", "-i", `file:${file}`];
  const output = ["-an", "-vf", `fps=fps=1/${every}:start_time=0:round=up`, "-f", "image2pipe", "-c:v", "ppm", "-"];
  const ffmpeg = spawn("ffmpeg", [...input, ...output], { stdio: ["ignore", "pipe", "pipe"], signal });
  const complaint = textOf(ffmpeg.stderr);
  const ended = new Promise<number | null>((resolve, reject) => {
    ffmpeg.on("error", reject);
    ffmpeg.on("close", resolve);
  });
  // a failure is told below; until then it must not count as unheard
  ended.catch(() => undefined);
  try {
    let frames = 0;
    for await (const image of portablePixmaps(ffmpeg.stdout)) {
      yield { answer: { file, time: frames++ * every, faces: [] }, image };
    }
    const code = await ended;
    if (code === 0 && frames > 0) return;
    const reason = (await complaint).split("\n")[0] || "it has no frame";
    throw new MpaError("IMAGE", `ffmpeg cannot read the video (${reason})`, {
      where: file,
      fix: "replace it or take it out",
    });
  } catch (error) {
    throw await explain(error, ended, file);
  } finally {
    ffmpeg.kill();
  }
}

/** `P6 WIDTH HEIGHT 255` and then three bytes a pixel, again and again. */
export async function* portablePixmaps(stream: AsyncIterable<Buffer>): AsyncGenerator<PixelData> {
  let bytes = Buffer.alloc(0);
  const parts: Buffer[] = [];
  let waiting = 0;
  let wanted = 0;
  for await (const part of stream) {
    parts.push(part);
    waiting += part.length;
    if (waiting < wanted) continue;
    bytes = Buffer.concat([bytes, ...parts.splice(0)]);
    for (let head = headOf(bytes); head !== undefined && bytes.length >= head.end; head = headOf(bytes)) {
      const { width, height, start, end } = head;
      yield { width, height, data: Uint8Array.from(bytes.subarray(start, end)) };
      bytes = bytes.subarray(end);
    }
    waiting = bytes.length;
    wanted = headOf(bytes)?.end ?? 0;
  }
}

const longestHead = 64;

function headOf(bytes: Buffer): { width: number; height: number; start: number; end: number } | undefined {
  const match = /^P6\s(\d+)\s(\d+)\s255\s/.exec(bytes.toString("latin1", 0, longestHead));
  if (match === null) return undefined;
  const [width, height] = [Number(match[1]), Number(match[2])];
  const start = match[0].length;
  return { width, height, start, end: start + 3 * width * height };
}

async function explain(error: unknown, ended: Promise<unknown>, file: string): Promise<unknown> {
  const failure = await ended.then(
    () => error,
    (cause: unknown) => cause,
  );
  if (!isErrno(failure, "ENOENT")) return failure;
  const fix = "install ffmpeg, or cut the video into pictures";
  return new MpaError("RUNTIME", `ffmpeg is not on the path (${messageOf(failure)})`, {
    where: file,
    fix,
    cause: failure,
  });
}

async function textOf(stream: Readable): Promise<string> {
  let text = "";
  // a video that is broken throughout must not fill the memory with complaints
  for await (const part of stream) if (text.length < 2000) text += String(part);
  return text;
}
