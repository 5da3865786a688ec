/** What waits to be sent to MLflow: in the background while the run goes, to the last piece at its end. */
import { messageOf } from "../errors.ts";
import { type MlflowMetric, type MlflowRun, type MlflowServer, mostMetrics } from "./mlflowServer.ts";

/** Between two sendings, and between a failure and the next try, milliseconds. */
const pause = 5_000;
const pauseAfterFailure = 30_000;

export class MlflowSending {
  readonly #server: MlflowServer;
  readonly #open: () => Promise<MlflowRun>;
  readonly #notice: (line: string) => void;
  readonly #waiting: MlflowMetric[] = [];
  #run: MlflowRun | undefined;
  #working: Promise<unknown> | undefined;
  #notBefore = 0;
  #hasWarned = false;

  /** `open` is asked for the run until it succeeds. */
  constructor(server: MlflowServer, open: () => Promise<MlflowRun>, notice: (line: string) => void = () => undefined) {
    this.#server = server;
    this.#open = open;
    this.#notice = notice;
  }

  /** Comes back at once. */
  add(metrics: readonly MlflowMetric[]): void {
    this.#waiting.push(...metrics);
    if (this.#working !== undefined || performance.now() < this.#notBefore) return;
    this.#notBefore = performance.now() + pause;
    this.#working = this.#send()
      .catch((error) => this.#warn(error))
      .finally(() => {
        this.#working = undefined;
      });
  }

  /** Sends what is left, then does the last things; tells what the server missed where it does not answer. */
  async end(last: (run: MlflowRun) => Promise<void>): Promise<void> {
    await this.#working;
    try {
      await last(await this.#send());
    } catch (error) {
      this.#warn(error);
      const left = this.#waiting.length;
      this.#notice(`MLflow: the end of the run is not logged (${left} values missing); metrics.jsonl has all of them`);
    }
  }

  async #send(): Promise<MlflowRun> {
    this.#run ??= await this.#open();
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, mostMetrics);
      await this.#server.logMetrics(this.#run.runId, batch);
      this.#waiting.splice(0, batch.length);
    }
    return this.#run;
  }

  #warn(error: unknown): void {
    this.#notBefore = performance.now() + pauseAfterFailure;
    if (this.#hasWarned) return;
    this.#hasWarned = true;
    this.#notice(`MLflow: ${messageOf(error)}: the run goes on, and what was missed is sent when the server answers`);
  }
}
