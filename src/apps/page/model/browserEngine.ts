/** Everything in the browser: no picture leaves the machine. */
import { proxy, type Remote, wrap } from "comlink";
import type { FacePrediction } from "../../../faces/recognizer.ts";
import type { Engine, EngineDescription, Explanation } from "./engine.ts";
import type { NamedCheckpoint } from "./localModel.ts";
import type { ModelWorker } from "./worker.ts";

export class BrowserEngine implements Engine {
  readonly mode = "browser";
  readonly worker: Remote<ModelWorker>;

  private constructor(worker: Remote<ModelWorker>) {
    this.worker = worker;
  }

  /** Loads runtime, backbone and detector, about 30 MB at the first time; `onBytes` hears how much has come. */
  static async load(checkpoint: NamedCheckpoint | undefined, onBytes: (bytes: number) => void): Promise<BrowserEngine> {
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

  async predict(picture: Blob, signal?: AbortSignal): Promise<readonly FacePrediction[]> {
    signal?.throwIfAborted();
    const faces = await this.worker.predict(picture);
    signal?.throwIfAborted();
    return faces;
  }

  explain(picture: Blob, face: number, target: string): Promise<Explanation> {
    return this.worker.explain(picture, face, target);
  }
}
