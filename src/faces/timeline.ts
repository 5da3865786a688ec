/** Timeline of a video: what each person showed from when to when. */
import type { TrackedFace } from "./smooth.ts";

/** One frame; it is shown from `time` to `end`, in seconds. */
export interface TimelineFrame {
  readonly time: number;
  readonly end: number;
  readonly faces: readonly TrackedFace[];
}

/** A person in one frame. */
export interface TimelinePoint extends Omit<TimelineFrame, "faces"> {
  readonly face: TrackedFace;
}

/** The frames in which one person was seen, in order. */
export interface Person {
  /** number of the track */
  readonly track: number;
  readonly points: readonly TimelinePoint[];
}

/** A time in which a person was seen throughout with one expression. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly label: string;
  /** mean probability of the expression over the time */
  readonly score: number;
}

/** The persons of a video in the order of their numbers. */
export function personsOf(frames: readonly TimelineFrame[]): readonly Person[] {
  const persons = new Map<number, TimelinePoint[]>();
  for (const { time, end, faces } of frames) {
    for (const face of faces) {
      const points = persons.get(face.track) ?? [];
      points.push({ time, end, face });
      persons.set(face.track, points);
    }
  }
  return [...persons].map(([track, points]) => ({ track, points })).sort((a, b) => a.track - b.track);
}

/** Runs of points without a gap, for which `isTogether` holds from each point to the next. */
export function runsOf(
  points: readonly TimelinePoint[],
  isTogether: (before: TimelinePoint, next: TimelinePoint) => boolean = () => true,
): readonly (readonly TimelinePoint[])[] {
  const runs: TimelinePoint[][] = [];
  for (const point of points) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run !== undefined && before !== undefined && before.end === point.time && isTogether(before, point))
      run.push(point);
    else runs.push([point]);
  }
  return runs;
}

/** The expressions of a person, one after another. */
export const spansOf = ({ points }: Person): readonly Span[] =>
  runsOf(points, (before, next) => before.face.label === next.face.label).map((run) => ({
    from: run[0].time,
    to: run[run.length - 1].end,
    label: run[0].face.label,
    score: meanOf(run, run[0].face.label),
  }));

/** Seconds in which a person was seen. */
export const secondsSeen = ({ points }: Person): number => points.reduce((sum, { time, end }) => sum + (end - time), 0);

/** Mean probability of a class over the frames, each weighted with its time. */
export function meanOf(points: readonly TimelinePoint[], name: string): number {
  const seconds = points.reduce((sum, { time, end }) => sum + (end - time), 0);
  const total = points.reduce((sum, { time, end, face }) => sum + (end - time) * face.probabilities[name], 0);
  return seconds > 0 ? total / seconds : 0;
}

/** A time in which all persons keep their expressions: the text of one subtitle. */
export interface Scene {
  readonly from: number;
  readonly to: number;
  readonly faces: readonly { readonly track: number; readonly label: string; readonly score: number }[];
}

/** The scenes of a video in which somebody is seen; `score` is the mean over the scene. */
export function scenesOf(frames: readonly TimelineFrame[]): readonly Scene[] {
  const scenes: { key: string; frames: TimelineFrame[] }[] = [];
  for (const frame of frames) {
    const key = JSON.stringify(inOrder(frame.faces).map(({ track, label }) => [track, label]));
    const last = scenes.at(-1);
    if (last?.key === key && last.frames.at(-1)?.end === frame.time) last.frames.push(frame);
    else scenes.push({ key, frames: [frame] });
  }
  return scenes.filter(({ frames: [first] }) => first.faces.length > 0).map(({ frames: some }) => sceneOf(some));
}

function sceneOf(frames: readonly TimelineFrame[]): Scene {
  const persons = personsOf(frames);
  const faces = persons.map(({ track, points }) => {
    const { label } = points[0].face;
    return { track, label, score: meanOf(points, label) };
  });
  return { from: frames[0].time, to: frames[frames.length - 1].end, faces };
}

const inOrder = (faces: readonly TrackedFace[]): readonly TrackedFace[] => [...faces].sort((a, b) => a.track - b.track);
