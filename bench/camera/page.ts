/** The camera loop of the page without its views, called by `bench/camera.ts`. */
import { BrowserEngine } from "../../src/apps/page/model/browserEngine.ts";
import { readCamera } from "../../src/apps/page/model/cameraLoop.ts";
import type { LiveWork } from "../../src/faces/live.ts";
import { usualThreads } from "../../src/graph/runtime/session.web.ts";

/** What the loop did in some seconds. */
export interface LoopRecord {
  readonly seconds: number;
  /** frames that were answered, and those of them with a face */
  readonly answers: number;
  readonly withFace: number;
  /** numbers that the faces had */
  readonly tracks: readonly number[];
  readonly work: LiveWork;
}

let engine: Promise<BrowserEngine> | undefined;
const load = () => {
  engine ??= BrowserEngine.load(undefined, () => undefined);
  return engine;
};

const cameraBench = {
  /** Loads the model, and says what runs it. */
  open: async () => {
    const { runsOn } = await (await load()).describe();
    return { runsOn, isolated: crossOriginIsolated, threads: usualThreads() };
  },

  /** Reads the camera for some seconds; what came before counts nothing. */
  read: async (width: number, height: number, seconds: number): Promise<LoopRecord> => {
    const video = document.querySelector("video");
    if (video === null) throw new Error("the page has no video element");
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width, height } });
    video.srcObject = stream;
    await video.play();
    if (video.videoWidth !== width || video.videoHeight !== height) {
      throw new Error(`the camera gives ${video.videoWidth}×${video.videoHeight}`);
    }
    const { worker } = await load();
    const stop = new AbortController();
    let [answers, withFace] = [0, 0];
    const tracks = new Set<number>();
    const failures: unknown[] = [];
    const ended = readCamera(
      video,
      load,
      {
        onFaces: (faces) => {
          answers++;
          if (faces.length > 0) withFace++;
          for (const { track } of faces) tracks.add(track);
        },
        onError: (error) => failures.push(error),
      },
      stop.signal,
    );
    // Code and kernels are compiled, and memory is allocated, in the first frames.
    await wait(2000);
    const before = await worker.cameraWork();
    [answers, withFace] = [0, 0];
    const start = performance.now();
    await wait(1000 * seconds);
    const took = (performance.now() - start) / 1000;
    const counted = { answers, withFace };
    const after = await worker.cameraWork();
    stop.abort();
    await ended;
    for (const track of stream.getTracks()) track.stop();
    if (failures.length > 0) throw failures[0];
    if (before === undefined || after === undefined) throw new Error("no frame was read");
    return { seconds: took, ...counted, tracks: [...tracks], work: difference(after, before) };
  },
};

function difference(after: LiveWork, before: LiveWork): LiveWork {
  return {
    frames: after.frames - before.frames,
    detections: after.detections - before.detections,
    reads: after.reads - before.reads,
    detectionSeconds: after.detectionSeconds - before.detectionSeconds,
    followingSeconds: after.followingSeconds - before.followingSeconds,
    readingSeconds: after.readingSeconds - before.readingSeconds,
  };
}

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

declare global {
  interface Window {
    cameraBench: typeof cameraBench;
  }
}
window.cameraBench = cameraBench;
