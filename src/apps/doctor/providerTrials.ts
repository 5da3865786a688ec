/** Trials of all providers that work here, each in a process of its own, and the provider to recommend. */
import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { throwIfStopped } from "../../platform/errors.ts";
import type { Trial } from "./trial.ts";

/** Trials and the fastest provider among them. */
export interface ProviderTrials {
  readonly trials: readonly Trial[];
  readonly recommended?: Recommendation;
}

/** The provider that trained fastest. */
export interface Recommendation {
  readonly provider: string;
  /** its images per second relative to those of the processor; absent for the processor itself */
  readonly timesProcessor?: number;
}

/** Seconds of a trial, and milliseconds after which its process is ended. */
const trialSeconds = 5;
const patience = 60_000;

/** Tries the providers one after the other, so that each has the machine to itself. Throws INTERRUPTED. */
export async function tryProviders(providers: readonly string[], context: RunContext = {}): Promise<ProviderTrials> {
  const { progress, signal } = contextOf(context);
  const task = progress.start({ label: "trying providers", total: providers.length, unit: "providers" });
  const trials: Trial[] = [];
  for (const provider of providers) {
    throwIfStopped(signal, "stopped before every provider was tried");
    trials.push(await trialOf(provider, fork(processFile, [provider, String(trialSeconds)], { silent: true }), signal));
    task.update(trials.length);
  }
  throwIfStopped(signal, "stopped before every provider was tried");
  const recommended = recommend(trials);
  return { trials, ...(recommended && { recommended }) };
}

/** Entry file of the process, beside this one: TypeScript in a checkout, JavaScript in the package. */
const processFile = fileURLToPath(new URL(`./trialProcess${extname(import.meta.url)}`, import.meta.url));

/** The result that a trial's process sends; a process that ends or takes too long has failed. */
function trialOf(provider: string, child: ChildProcess, signal: AbortSignal | undefined): Promise<Trial> {
  return new Promise((resolve) => {
    let known: Trial = { provider };
    const fail = (failed: string) => resolve({ ...known, failed });
    const end = () => child.kill("SIGKILL");
    const timer = setTimeout(() => {
      fail(`no step within ${patience / 1000} s`);
      end();
    }, patience);
    signal?.addEventListener("abort", end, { once: true });
    child.on("message", (trial: Trial) => {
      known = trial;
      if (trial.imagesPerSecond !== undefined || trial.failed !== undefined) resolve(trial);
    });
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code, killed) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      fail(`its process ended (${killed ?? code})`);
    });
  });
}

/** The fastest provider; undefined if none trained. */
export function recommend(trials: readonly Trial[]): Recommendation | undefined {
  const rateOf = ({ imagesPerSecond = 0 }: Trial) => imagesPerSecond;
  const best = trials.reduce<Trial | undefined>(
    (fastest, trial) => (rateOf(trial) > (fastest ? rateOf(fastest) : 0) ? trial : fastest),
    undefined,
  );
  if (best === undefined) return undefined;
  const processor = trials.find(({ provider }) => provider === "cpu");
  const times = processor && processor !== best && rateOf(processor) > 0 ? rateOf(best) / rateOf(processor) : undefined;
  return { provider: best.provider, ...(times !== undefined && { timesProcessor: times }) };
}
