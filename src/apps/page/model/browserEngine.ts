/** Engine that runs in the browser: no picture leaves the machine. */
import { proxy, type Remote, wrap } from "comlink";
import type { FacePrediction } from "../../../faces/recognizer.ts";
import type { Engine, EngineDescription, PictureReading } from "./engine.ts";
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

  predict(picture: Blob): Promise<readonly FacePrediction[]> {
    return this.worker.predict({ picture });
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
