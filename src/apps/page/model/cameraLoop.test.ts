import { expect, it } from "vitest";
import type { TrackedFace } from "../../../faces/smooth.ts";
import { type CameraEngine, type CameraVideo, readCamera } from "./cameraLoop.ts";

const description = { backbone: { name: "b", sha256: "0" }, classes: ["joy"], runsOn: "a test", unsureBelow: 0.5 };

/** A camera that shows frames when it is told to, and an engine whose answers are given by hand. */
function scene() {
  let shown = 0;
  const waiting: (() => void)[] = [];
  const video: CameraVideo = { requestVideoFrameCallback: (callback) => waiting.push(callback) };
  const asked: number[] = [];
  const answers: (() => void)[] = [];
  const read = () => {
    asked.push(shown);
    return new Promise<readonly TrackedFace[]>((resolve) => answers.push(() => resolve([])));
  };
  const engine: CameraEngine<CameraVideo> = { describe: async () => description, watch: () => ({ read }) };
  const seen: (readonly TrackedFace[])[] = [];
  const stop = new AbortController();
  const listener = { onFaces: (faces: readonly TrackedFace[]) => seen.push(faces), onError: () => undefined };
  return {
    ...{ asked, seen, stop },
    ended: readCamera(video, async () => engine, listener, stop.signal),
    /** The camera shows its next frame. */
    show: async () => {
      shown++;
      for (const callback of waiting.splice(0)) callback();
      await settled();
    },
    answer: async () => {
      answers.shift()?.();
      await settled();
    },
  };
}

/** All promises that can be settled are. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

it("has one frame in flight, and then takes the newest at once", async () => {
  const { asked, seen, stop, ended, show, answer } = scene();
  await settled();
  expect(asked).toEqual([]);
  await show();
  expect(asked).toEqual([1]);
  for (let i = 0; i < 3; i++) await show();
  expect(asked).toEqual([1]);
  await answer();
  // Frames 2 and 3 are skipped; the fourth does not wait for a fifth.
  expect(asked).toEqual([1, 4]);
  await answer();
  expect(asked).toEqual([1, 4]);
  await show();
  expect([asked, seen.length]).toEqual([[1, 4, 5], 2]);
  stop.abort();
  await answer();
  await ended;
});

it("tells nothing after it was stopped, and ends where no further frame comes", async () => {
  const busy = scene();
  await settled();
  await busy.show();
  busy.stop.abort();
  await busy.answer();
  await busy.ended;
  expect(busy.seen).toEqual([]);
  const idle = scene();
  await settled();
  idle.stop.abort();
  await idle.ended;
  expect(idle.asked).toEqual([]);
});
