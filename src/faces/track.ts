/** Tracks of faces through the frames of a video or camera, by position, motion and appearance. */
import { cosine } from "./appearance.ts";
import type { FaceBox } from "./face.ts";

/** A face in one frame. */
export interface SeenFace {
  readonly box: FaceBox;
  /** unit vector of `appearanceOf`; without it tracks follow position and motion alone */
  readonly appearance?: Float32Array | undefined;
}

/** Numbers the tracks from 1 in the order of their first frame; a number is never given twice. */
export class FaceTracker {
  #tracks: readonly Track[] = [];
  #last = 0;

  /** Returns the number of each face's track. `time` is in seconds and grows from call to call. */
  update(time: number, faces: readonly SeenFace[]): readonly number[] {
    const remembered = this.#tracks.filter((track) => time - track.time <= trackMemory);
    const matches = assign(remembered, faces, time);
    const updated = faces.map((face, i) => {
      const before = matches.get(i);
      return before === undefined
        ? { ...face, id: ++this.#last, time, velocity: [0, 0] as const }
        : continued(before, face, time);
    });
    const ids = updated.map(({ id }) => id);
    this.#tracks = [...remembered.filter(({ id }) => !ids.includes(id)), ...updated];
    return ids;
  }
}

interface Track extends SeenFace {
  readonly id: number;
  /** seconds at which the face was last seen */
  readonly time: number;
  /** of the centre, pixels per second */
  readonly velocity: readonly [x: number, y: number];
}

/** Seconds for which a face that left is remembered. */
export const trackMemory = 60;
/** Seconds up to which position and motion say where a face must be. */
const shortGap = 1;
/** Seconds up to which they suffice where appearances are unknown. */
const longestGap = 2;
/**
 * Least cosine of the appearances: where position and motion agree, where they agree after a gap, and where a face appears
 * elsewhere. Of the faces of different persons 20 % are above the first, and under 1 % above the last.
 */
const similar = { near: 0.5, afterGap: 0.7, elsewhere: 0.85 } as const;

/** Matches faces with tracks one to one, the best pair first. */
function assign(tracks: readonly Track[], faces: readonly SeenFace[], time: number): ReadonlyMap<number, Track> {
  const pairs = tracks.flatMap((track) =>
    faces.map((face, index) => ({ track, index, score: affinity(track, face, time - track.time) })),
  );
  const matches = new Map<number, Track>();
  const taken = new Set<Track>();
  for (const { track, index, score } of pairs.sort((a, b) => b.score - a.score)) {
    if (score <= 0 || matches.has(index) || taken.has(track)) continue;
    matches.set(index, track);
    taken.add(track);
  }
  return matches;
}

/** How well a face fits a track, 0 where it cannot be the same. Every pair that agrees in position comes before others. */
function affinity(track: Track, face: SeenFace, gap: number): number {
  const position = positionAgreement(track, face.box, gap);
  if (track.appearance === undefined || face.appearance === undefined) return gap <= longestGap ? position : 0;
  const likeness = cosine(track.appearance, face.appearance);
  if (position === 0) return likeness >= similar.elsewhere ? likeness : 0;
  return likeness >= (gap <= shortGap ? similar.near : similar.afterGap) ? 1 + position + likeness : 0;
}

/** Agreement of a box with where the track leads: above 0 within reach, 1 at the same place and size. */
function positionAgreement({ box, velocity }: Track, to: FaceBox, gap: number): number {
  const moving = Math.min(gap, shortGap / 2);
  const from: FaceBox = [box[0] + moving * velocity[0], box[1] + moving * velocity[1], box[2], box[3]];
  const [size, other] = [sideOf(from), sideOf(to)];
  if (Math.max(size, other) > 2 * Math.min(size, other)) return 0;
  const [[x, y], [u, v]] = [centreOf(from), centreOf(to)];
  const distance = Math.hypot(u - x, v - y) / ((size + other) / 2);
  // A face moves about its own width twice a second; half a width more for what detection and motion are off.
  const reach = Math.min(2, 0.5 + 2 * gap);
  return distance < reach ? (intersectionOverUnion(from, to) + 1 - distance / reach) / 2 : 0;
}

function continued(track: Track, face: SeenFace, time: number): Track {
  const gap = time - track.time;
  const [[x, y], [u, v]] = [centreOf(track.box), centreOf(face.box)];
  const isMotion = gap > 0 && gap <= shortGap;
  const velocity = isMotion
    ? ([(track.velocity[0] + (u - x) / gap) / 2, (track.velocity[1] + (v - y) / gap) / 2] as const)
    : ([0, 0] as const);
  return { ...face, id: track.id, time, velocity, appearance: blended(track.appearance, face.appearance) };
}

/** The appearance of a track: it follows light and pose slowly, so that one bad frame does not lose the face. */
function blended(before: Float32Array | undefined, now: Float32Array | undefined): Float32Array | undefined {
  if (before === undefined || now === undefined) return now ?? before;
  const mixed = before.map((value, i) => 0.7 * value + 0.3 * now[i]);
  const length = Math.hypot(...mixed) || 1;
  return mixed.map((value) => value / length);
}

/** Intersection over union of two boxes, 0 to 1. */
function intersectionOverUnion(a: FaceBox, b: FaceBox): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / (a[2] * a[3] + b[2] * b[3] - width * height);
}

const centreOf = ([x, y, width, height]: FaceBox): readonly [number, number] => [x + width / 2, y + height / 2];
const sideOf = ([, , width, height]: FaceBox): number => Math.sqrt(Math.max(1, width * height));
