/** A made video with two persons and a brief face, as the report takes it. */
import type { ReportedVideo } from "../src/apps/predict/report/timelineReport.ts";
import type { TrackedFace } from "../src/faces/smooth.ts";

const every = 0.2;
/** JPEG of one grey pixel. */
const jpeg =
  "/9j/4AAQSkZJRgABAQEASABIAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=";

/**
 * Person 1 is there throughout, joyful up to 55 % of the time and calm then. Person 2 is calm in the second and the last quarter, which
 * is unsure.
 * A third face is there in the first frame.
 */
export function someVideo(file: string, seconds = 4): ReportedVideo {
  const count = Math.round(seconds / every);
  const timeOf = (i: number) => Math.round(10 * i * every) / 10;
  const quarter = (i: number) => Math.floor((4 * i) / count);
  const frames = Array.from({ length: count }, (_, i) => ({
    ...{ time: timeOf(i), end: timeOf(i + 1), unchanged: i >= count - 2 },
    faces: [
      face(1, i < 0.55 * count ? 0.9 : 0.07),
      ...(quarter(i) % 2 === 1 ? [face(2, 0.25)] : []),
      ...(i === 0 ? [face(3, 0.8)] : []),
    ],
  }));
  const starts = [0, Math.ceil(0.55 * count)].map((i) => ({ track: 1, time: timeOf(i), jpeg }));
  const returns = [count / 4, (3 * count) / 4].map((i) => ({ track: 2, time: timeOf(i), jpeg }));
  return { file, frames, thumbnails: [...starts, ...returns] };
}

const face = (track: number, joy: number): TrackedFace => ({
  ...{
    track,
    box: [10, 20, 30, 40],
    label: joy > 0.5 ? "joy" : "calm",
    score: Math.max(joy, 1 - joy),
    confident: joy !== 0.25,
  },
  probabilities: { calm: 1 - joy, joy },
  rawProbabilities: { calm: (1 - joy) / 2, joy: (1 + joy) / 2 },
});
