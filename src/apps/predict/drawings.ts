/** Pictures and videos with boxes and expressions drawn on them. */
import { mkdir } from "node:fs/promises";
import { basename, extname, join } from "node:path";
import { counted } from "../../platform/counts.ts";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import { unusedName } from "../../platform/folders.node.ts";
import { annotate } from "./annotate.ts";
import { AnnotatedVideo } from "./annotatedVideo.ts";
import type { Predicted } from "./filePrediction.ts";
import type { PredictionOutput } from "./output.ts";

/** Opens an output of drawings: `photo.png` becomes `photo.jpg`, a second one `photo-2.jpg`, a video `clip.mp4`. Throws WRITE. */
export async function openDrawings(folder: string): Promise<PredictionOutput> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    const fix = "name another one";
    throw new MpaError("WRITE", `cannot make the folder (${messageOf(cause)})`, { where: folder, fix, cause });
  }
  const taken = new Set<string>();
  let drawn = 0;
  const placeOf = (file: string, extension: string) => {
    const stem = file === "-" ? "picture" : basename(file, extname(file));
    return join(folder, unusedName(stem, extension, taken));
  };
  let video: AnnotatedVideo | undefined;
  const endVideo = async () => {
    if (video === undefined) return;
    await video.finish();
    drawn++;
    video = undefined;
  };
  const addFrame = async ({ answer }: Predicted) => {
    if (!video?.isContinuedBy(answer)) {
      await endVideo();
      video = await AnnotatedVideo.open(answer.file, placeOf(answer.file, "mp4"));
    }
    await video.add(answer);
  };
  return {
    add: async (predicted) => {
      const { answer, image } = predicted;
      if (answer.time !== undefined) return await addFrame(predicted);
      await endVideo();
      if (answer.error !== undefined || image === undefined) return;
      await writeFileAtomic(placeOf(answer.file, "jpg"), await annotate(image, answer.faces));
      drawn++;
    },
    finish: async () => {
      await endVideo();
      return `drawn: ${counted(drawn, "file")} in ${folder}`;
    },
    dispose: async () => video?.dispose(),
  };
}
