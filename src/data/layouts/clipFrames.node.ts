/** Data sets of video clips, each a folder of frames. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { kindByName } from "../../pictures/kinds.ts";
import { MpaError } from "../../platform/errors.ts";
import { filesIn, notRead, requireSamples } from "../dataset.node.ts";
import type { Sample, Split } from "../sample.ts";
import { evenlySpaced, inTime } from "./frames.ts";

/** Frames that are read of a clip, as usual for DFEW and FERV39k. */
const framesPerClip = 16;
/** Number of folders that are listed concurrently. */
const together = 64;

/** A labelled clip. */
export interface LabelledClip {
  /** folder of the frames, relative to `listedIn` */
  readonly folder: string;
  readonly label: number;
  /** place in the list, for errors */
  readonly where: string;
}

/** A split of clips and their place. */
export interface ClipSplit extends Pick<Split, "name" | "root" | "classes"> {
  readonly listedIn: string;
  readonly clips: readonly LabelledClip[];
}

/**
 * Split with up to 16 evenly spaced frames of each clip as samples. Clips without frames are left out and counted. Throws DATASET if
 * no clip has any, or if a clip is listed twice.
 */
export async function clipSplit({ clips, ...split }: ClipSplit): Promise<Split> {
  checkUnique(clips);
  const samples: Sample[] = [];
  let empty = 0;
  for (let from = 0; from < clips.length; from += together) {
    const part = clips.slice(from, from + together).map((clip) => framesOf(split, clip));
    for (const frames of await Promise.all(part)) {
      samples.push(...frames);
      if (frames.length === 0) empty++;
    }
  }
  const counts = { leftOutBy: { "clip without frames": empty } };
  return requireSamples(
    { ...split, samples, ...notRead(counts) },
    join(split.root, split.listedIn),
    "unpack the frames",
  );
}

function checkUnique(clips: readonly LabelledClip[]): void {
  const seen = new Set<string>();
  for (const { folder, where } of clips) {
    if (seen.has(folder)) {
      throw new MpaError("DATASET", `the clip ${folder} is listed twice`, { where, fix: "keep one row" });
    }
    seen.add(folder);
  }
}

async function framesOf(
  { root, listedIn }: Pick<ClipSplit, "root" | "listedIn">,
  clip: LabelledClip,
): Promise<Sample[]> {
  const { folder, label } = clip;
  const path = join(root, listedIn, folder);
  const names = existsSync(path) ? await filesIn(path) : [];
  const frames = inTime(names.filter((name) => kindByName(name)?.format !== undefined));
  return evenlySpaced(frames, framesPerClip).map((name) => ({
    file: `${listedIn}/${folder}/${name}`,
    label,
    clip: folder,
  }));
}
