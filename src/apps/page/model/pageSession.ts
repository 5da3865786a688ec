/** Who answers now, for all views: they are told when that changes. */
import { BrowserEngine } from "./browserEngine.ts";
import type { Engine, EngineDescription, Mode } from "./engine.ts";
import { ServerEngine } from "./serverEngine.ts";

export type SessionState =
  | { readonly kind: "loading"; readonly mode: Mode; readonly bytes: number }
  | { readonly kind: "ready"; readonly mode: Mode; readonly description: EngineDescription }
  | { readonly kind: "failed"; readonly mode: Mode; readonly message: string };

export class Session extends EventTarget {
  #state: SessionState = { kind: "loading", mode: "server", bytes: 0 };
  #engine: Promise<Engine> | undefined;
  #browser: Promise<BrowserEngine> | undefined;
  #server: Promise<ServerEngine | undefined> | undefined;
  #checkpoint: File | undefined;

  get state(): SessionState {
    return this.#state;
  }

  /** Hears of every change of `state`, and of the one that is. */
  watch(listener: (state: SessionState) => void): void {
    this.addEventListener("change", () => listener(this.#state));
    listener(this.#state);
  }

  /** The server behind this page, if there is one. */
  server(): Promise<ServerEngine | undefined> {
    this.#server ??= ServerEngine.find();
    return this.#server;
  }

  /** The model in this browser, loaded when it is first asked for. */
  browser(): Promise<BrowserEngine> {
    this.#browser ??= BrowserEngine.load(this.#checkpoint, (bytes) => {
      if (this.#state.kind === "loading") this.#become({ kind: "loading", mode: "browser", bytes });
    });
    return this.#browser;
  }

  /** Who answers. Throws where nothing could be loaded. */
  engine(): Promise<Engine> {
    this.#engine ??= this.#open("browser");
    return this.#engine;
  }

  /** Goes over to another place to compute. */
  async choose(mode: Mode): Promise<void> {
    this.#engine = this.#open(mode);
    // Whoever asks for the engine hears of a failure; the state tells it as well.
    await this.#engine.catch(() => undefined);
  }

  /** Answers with these prompts in the browser from now on. */
  async answerWith(checkpoint: File | undefined): Promise<void> {
    this.#checkpoint = checkpoint;
    const browser = await this.browser();
    const description = await browser.worker.use(checkpoint);
    this.#engine = Promise.resolve(browser);
    this.#become({ kind: "ready", mode: "browser", description });
  }

  async #open(mode: Mode): Promise<Engine> {
    this.#become({ kind: "loading", mode, bytes: 0 });
    try {
      const engine = mode === "server" ? await this.server() : await this.browser();
      if (engine === undefined) throw new Error("there is no server behind this page");
      this.#become({ kind: "ready", mode, description: await engine.describe() });
      return engine;
    } catch (error) {
      this.#browser = mode === "browser" ? undefined : this.#browser;
      this.#become({ kind: "failed", mode, message: error instanceof Error ? error.message : String(error) });
      throw error;
    }
  }

  #become(state: SessionState): void {
    this.#state = state;
    this.dispatchEvent(new Event("change"));
  }
}
