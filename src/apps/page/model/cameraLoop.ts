/** Camera that is read frame after frame, as fast as the engine answers. */
import type { TrackedFace } from "../../../faces/smooth.ts";
import type { EngineDescription } from "./engine.ts";

/** The part of a video element that tells of its frames; Firefox lacks it before version 132. */
export interface CameraVideo {
  requestVideoFrameCallback?(callback: () => void): number;
}

/** The part of an `Engine` that reads cameras. */
export interface CameraEngine<Video> {
  describe(): Promise<EngineDescription>;
  watch(): { read(video: Video): Promise<readonly TrackedFace[]> };
}

/** Receives what is read of a camera. */
export interface CameraListener {
  onFaces(faces: readonly TrackedFace[], engine: EngineDescription): void;
  /** Called when a frame cannot be read; reading starts again after a pause. */
  onError(error: unknown): void;
}

/** Milliseconds before reading starts again after an error. */
const pause = 1000;

/**
 * Reads the newest frame of a playing video, and the next one only after that: frames never queue, and older ones are skipped. `engine`
 * gives the active engine, which may change from frame to frame. Ends when the signal aborts, after which nothing is reported.
 */
export async function readCamera<Video extends CameraVideo>(
  video: Video,
  engine: () => Promise<CameraEngine<Video>>,
  listener: CameraListener,
  signal: AbortSignal,
): Promise<void> {
  let reading: Reading<Video> | undefined;
  const frames = new NewestFrame(video, signal);
  while (!signal.aborted) {
    try {
      const active = await engine();
      if (reading?.engine !== active) {
        reading = { engine: active, description: await active.describe(), reader: active.watch() };
      }
      await frames.next();
      if (signal.aborted) return;
      const faces = await reading.reader.read(video);
      if (!signal.aborted) listener.onFaces(faces, reading.description);
    } catch (error) {
      if (signal.aborted) return;
      reading = undefined;
      listener.onError(error);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** Tells when a video shows a frame that was not asked for before. */
class NewestFrame {
  #isNew = false;
  #wake: () => void = () => undefined;

  constructor(video: CameraVideo, signal: AbortSignal) {
    const watch = () => {
      if (signal.aborted) return;
      const shown = () => {
        this.#isNew = true;
        this.#wake();
        watch();
      };
      if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(shown);
      else requestAnimationFrame(shown);
    };
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    watch();
  }

  /** Waits for a new frame; at once where one was shown while the one before was read, so that no time passes between two readings. */
  async next(): Promise<void> {
    if (!this.#isNew) await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#isNew = false;
  }
}

interface Reading<Video> {
  readonly engine: CameraEngine<Video>;
  readonly description: EngineDescription;
  readonly reader: ReturnType<CameraEngine<Video>["watch"]>;
}
