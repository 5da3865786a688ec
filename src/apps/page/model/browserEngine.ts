/** Engine that runs in the browser: no picture leaves the machine. */
import { proxy, type Remote, transfer, wrap } from "comlink";
import type { CameraReader, Engine, EngineDescription, PictureReading } from "./engine.ts";
import type { ModelWorker } from "./worker.ts";

export class BrowserEngine implements Engine {
  readonly mode = "browser";
  readonly worker: Remote<ModelWorker>;
  #pictures = 0;

  private constructor(worker: Remote<ModelWorker>) {
    this.worker = worker;
  }

  /** Loads the runtime, backbone and detector, about 30 MB on the first visit; `onBytes` gets the bytes loaded so far. */
  static async load(checkpoint: File | undefined, onBytes: (bytes: number) => void): Promise<BrowserEngine> {
    const thread = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    const broken = new Promise<never>((_, reject) => {
      const fail = ({ message }: ErrorEvent) => reject(new Error(message || "the page's worker cannot be loaded"));
      thread.addEventListener("error", fail, { once: true });
    });
    const worker = wrap<ModelWorker>(thread);
    const models = new URL("./models/", document.baseURI).href;
    await Promise.race([worker.load(models, checkpoint, proxy(onBytes)), broken]);
    return new BrowserEngine(worker);
  }

  describe = (): Promise<EngineDescription> => this.worker.describe();

  /** Frames are decoded in the worker; only one camera is watched at a time. */
  watch(): CameraReader {
    const started = this.worker.watch();
    return {
      read: async (video) => {
        await started;
        // A `VideoFrame` is the decoded frame itself; Firefox lacks it before version 130.
        const frame = "VideoFrame" in window ? new VideoFrame(video) : await createImageBitmap(video);
        return await this.worker.readFrame(transfer(frame, [frame]), performance.now() / 1000);
      },
    };
  }

  /** The worker caches the prepared picture under an id, so that `explain` does not decode it and detect faces again. */
  async read(picture: Blob): Promise<PictureReading> {
    const id = this.#pictures++;
    const faces = await this.worker.predict({ picture, id });
    let cachedId: number | undefined = id;
    return {
      faces,
      explain: (face, target) => this.worker.explain({ picture, id: cachedId }, face, target),
      forget: () => {
        cachedId = undefined;
        void this.worker.forget(id);
      },
    };
  }
}
