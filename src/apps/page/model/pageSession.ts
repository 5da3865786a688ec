/** Session shared by all views: holds the active engine and notifies listeners when it changes. */
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

  /** Calls the listener with the current `state` and on every change. */
  watch(listener: (state: SessionState) => void): void {
    this.addEventListener("change", () => listener(this.#state));
    listener(this.#state);
  }

  /** Engine of the server behind this page, if there is one. */
  server(): Promise<ServerEngine | undefined> {
    this.#server ??= ServerEngine.find();
    return this.#server;
  }

  /** Engine of this browser, loaded on first use. */
  browser(): Promise<BrowserEngine> {
    this.#browser ??= BrowserEngine.load(this.#checkpoint, (bytes) => {
      if (this.#state.kind === "loading") this.#become({ kind: "loading", mode: "browser", bytes });
    });
    return this.#browser;
  }

  /** Active engine. Throws if none could be loaded. */
  engine(): Promise<Engine> {
    this.#engine ??= this.#open("browser");
    return this.#engine;
  }

  /** Switches to the engine of this mode. */
  async choose(mode: Mode): Promise<void> {
    this.#engine = this.#open(mode);
    // A caller that awaits the engine gets the failure; `state` reports it as well.
    await this.#engine.catch(() => undefined);
  }

  /** Switches to the browser with the prompts of this checkpoint. */
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
