/** The faces of photographs that are explained. */
import type { ExplainConfig } from "../config.ts";
import { MpaError } from "../errors.ts";
import { alignFace } from "../faces/align.ts";
import { createFaceDetector, type FaceDetector } from "../faces/detector.ts";
import { readDetector } from "../faces/detectorFile.ts";
import type { ClipPreprocess } from "../preprocess/clipConfig.ts";
import { preprocess } from "../preprocess/clipPreprocess.ts";
import { decodeImage } from "../preprocess/decode.ts";
import type { RgbImage } from "../preprocess/image.ts";
import type { RunContext } from "../runContext.ts";
import { openSession } from "../runtime/node.ts";
import type { Face } from "./explainFaces.ts";

/** A file that could not be read, or shows no face. */
export interface FailedFile {
  readonly file: string;
  readonly error: string;
}

export interface FileFaces {
  readonly faces: readonly Face[];
  readonly failed: readonly FailedFile[];
}

const mend = "add --no-detect where a face fills the picture";

/** Every face of every file, or with `detect` off each file as one aligned face; a bad file is told of and the others still come. */
export async function fileFaces(
  config: ExplainConfig,
  tower: ClipPreprocess,
  { signal }: RunContext,
): Promise<FileFaces> {
  const detector = config.detect ? await openDetector(config) : undefined;
  const faces: Face[] = [];
  const failed: FailedFile[] = [];
  try {
    for (const file of config.files) {
      if (signal?.aborted) throw new MpaError("INTERRUPTED", "stopped before the faces were found");
      try {
        const pictures = await picturesOf(file, detector, signal);
        const name = (i: number) => (pictures.length === 1 ? file : `${file}, face ${i + 1}`);
        faces.push(...pictures.map((picture, i) => ({ file: name(i), pixels: pixelsOf(picture, tower) })));
        if (pictures.length === 0) failed.push({ file, error: `no face was found, ${file}, ${mend}` });
      } catch (error) {
        if (!(error instanceof MpaError) || error.code !== "IMAGE") throw error;
        failed.push({ file, error: error.message });
      }
    }
  } finally {
    await detector?.dispose();
  }
  return { faces, failed };
}

async function openDetector({ smallestFace, faceScore, threads, provider }: ExplainConfig): Promise<FaceDetector> {
  const session = { threads, provider };
  return createFaceDetector({ model: await readDetector(), openSession, session, smallestFace, leastScore: faceScore });
}

async function picturesOf(
  file: string,
  detector: FaceDetector | undefined,
  signal: AbortSignal | undefined,
): Promise<RgbImage[]> {
  const image = await decodeImage(file, file);
  if (detector === undefined) return [image];
  return (await detector.detect(image, { signal })).map((face) => alignFace(image, face));
}

function pixelsOf(picture: RgbImage, tower: ClipPreprocess): Float32Array {
  const pixels = new Float32Array(3 * tower.imageSize ** 2);
  preprocess(picture, tower, pixels, 0);
  return pixels;
}
