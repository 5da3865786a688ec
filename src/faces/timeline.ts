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
  /** whether the label can be relied on, for at least half of the time */
  readonly confident: boolean;
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
export const expressionsOf = ({ points }: Person): readonly Span[] =>
  runsOf(points, (before, next) => before.face.label === next.face.label).map(spanOf);

/** The expressions of a person, divided where the answer becomes unsure or ceases to be. */
export const spansOf = ({ points }: Person): readonly Span[] => runsOf(points, isSameAnswer).map(spanOf);

const isSameAnswer = ({ face: before }: TimelinePoint, { face: next }: TimelinePoint): boolean =>
  before.label === next.label && before.confident === next.confident;

function spanOf(points: readonly TimelinePoint[]): Span {
  const [{ time: from, face }] = points;
  const { end: to } = points[points.length - 1];
  const sure = secondsOf(points.filter((point) => point.face.confident));
  const confident = sure >= secondsOf(points) / 2;
  return { from, to, label: face.label, score: meanOf(points, face.label), confident };
}

/** Seconds in which a person was seen. */
export const secondsSeen = ({ points }: Person): number => secondsOf(points);

const secondsOf = (points: readonly TimelinePoint[]): number =>
  points.reduce((sum, { time, end }) => sum + (end - time), 0);

/** Mean probability of a class over the frames, each weighted with its time. */
export function meanOf(points: readonly TimelinePoint[], name: string): number {
  const seconds = secondsOf(points);
  const total = points.reduce((sum, { time, end, face }) => sum + (end - time) * face.probabilities[name], 0);
  return seconds > 0 ? total / seconds : 0;
}

/** A time in which all persons keep their expressions, sure or unsure: the text of one subtitle. */
export interface Scene {
  readonly from: number;
  readonly to: number;
  readonly faces: readonly Pick<TrackedFace, "track" | "label" | "score" | "confident">[];
}

/** The scenes of a video in which somebody is seen; `score` is the mean over the scene. */
export function scenesOf(frames: readonly TimelineFrame[]): readonly Scene[] {
  const scenes: { key: string; frames: TimelineFrame[] }[] = [];
  for (const frame of frames) {
    const key = JSON.stringify(inOrder(frame.faces).map(({ track, label, confident }) => [track, label, confident]));
    const last = scenes.at(-1);
    if (last?.key === key && last.frames.at(-1)?.end === frame.time) last.frames.push(frame);
    else scenes.push({ key, frames: [frame] });
  }
  return scenes.filter(({ frames: [first] }) => first.faces.length > 0).map(({ frames: some }) => sceneOf(some));
}

function sceneOf(frames: readonly TimelineFrame[]): Scene {
  const persons = personsOf(frames);
  const faces = persons.map(({ track, points }) => {
    const { label, confident } = points[0].face;
    return { track, label, score: meanOf(points, label), confident };
  });
  return { from: frames[0].time, to: frames[frames.length - 1].end, faces };
}

const inOrder = (faces: readonly TrackedFace[]): readonly TrackedFace[] => [...faces].sort((a, b) => a.track - b.track);
