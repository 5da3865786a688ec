/** Callbacks of a training: the events of a run, the handlers that receive them, and their control over the run. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Backbone } from "../../clip/backbone.ts";
import type { Metrics } from "../../evaluation/metrics.ts";
import type { EpochRecord, StepRecord } from "../../method/fit.ts";
import { messageOf } from "../../platform/errors.ts";
import { Contributions } from "../../platform/registry.ts";
import type { TrainConfig } from "../options.ts";

/** Options of a training, with defaults, as recorded in `run.json`. */
export interface RunSettings {
  readonly [option: string]: unknown;
  readonly epochs: number;
  readonly batchSize: number;
  readonly maxSteps?: number | undefined;
  readonly paperProtocol: boolean;
}

/** A run before its first step, or before it resumes. */
export interface RunStart {
  /** the run folder */
  readonly out: string;
  /** options of `train` with their defaults */
  readonly config: RunSettings;
  readonly backbone: Pick<Backbone, "name" | "sha256">;
  /** in logit order */
  readonly classes: readonly string[];
  /** images per epoch */
  readonly images: number;
  /** total number of steps */
  readonly steps: number;
  /** steps completed before the run was resumed */
  readonly stepsDone: number;
  /** images seen before the run was resumed */
  readonly imagesSeen: number;
}

/** End of an epoch, with its metrics on the split used for model selection. */
export type EpochEnd = EpochRecord<Metrics>;

/** A checkpoint that has been written completely. */
export interface CheckpointWritten {
  /** `best` holds the best epoch so far, `last` the newest state */
  readonly kind: "best" | "last";
  readonly path: string;
  /** training steps completed when it was written */
  readonly step: number;
}

/** End of a run, for any reason. */
export interface RunEnd {
  /** `stopped` by a callback, `interrupted` by the user, `failed` by an error */
  readonly status: "finished" | "stopped" | "interrupted" | "failed";
  /** steps completed */
  readonly step: number;
  readonly seconds: number;
  /** metrics of the best epoch */
  readonly metrics?: Metrics;
  /** reason given by the callback that stopped the run, or the error's message */
  readonly reason?: string;
}

/** Events of a training, by the name of their handler. */
export interface TrainerEvents {
  /** Called before the first step. */
  readonly onRunStart: RunStart;
  /** Called after each step, before its checkpoint is written. */
  readonly onStep: StepRecord;
  /** Called after each epoch and its validation, before its checkpoints are written. */
  readonly onEpochEnd: EpochEnd;
  /** Called after each checkpoint, including those within an epoch. */
  readonly onCheckpoint: CheckpointWritten;
  /** Called when the run ends for any reason, after its files have been written. */
  readonly onRunEnd: RunEnd;
}

/** Control that a handler has over the run. */
export interface RunControl {
  /** Stops the run after the current step, with a checkpoint to resume from. `run.json` records the first callback to call this. */
  stop(reason: string): void;
}

/** Handlers by event. All are optional; returned promises are awaited. */
export type TrainerHandlers = {
  readonly [Event in keyof TrainerEvents]?: (event: TrainerEvents[Event], control: RunControl) => unknown;
};

/**
 * Callback of a training. An error in a handler, or an unhandled rejection of a promise it started, is reported once and disables the
 * callback for the rest of the run.
 */
export interface TrainerCallback extends TrainerHandlers {
  /** name used in messages */
  readonly name: string;
}

/** Request of a callback to stop the run. */
export interface StopRequest {
  /** name of the callback */
  readonly by: string;
  readonly reason: string;
}

/** Callbacks of one run: calls them in order, isolates the run from their errors, and collects stop requests. */
export class CallbackList {
  readonly #notice: (line: string) => void;
  readonly #stopping = new AbortController();
  #callbacks: readonly TrainerCallback[];
  #stop: StopRequest | undefined;

  constructor(callbacks: readonly TrainerCallback[], notice: (line: string) => void = () => undefined) {
    this.#callbacks = callbacks;
    this.#notice = notice;
    // A promise may reject long after its handler returned, so the listener is never removed.
    if (!process.listeners("unhandledRejection").includes(onUnhandledRejection)) {
      process.on("unhandledRejection", onUnhandledRejection);
    }
  }

  /** Signal that aborts when a callback stops the run. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** First request to stop. */
  get stop(): StopRequest | undefined {
    return this.#stop;
  }

  /** Calls the event's handlers one after the other. Never throws. */
  async tell<Event extends keyof TrainerEvents>(event: Event, value: TrainerEvents[Event]): Promise<void> {
    for (const callback of this.#callbacks) {
      const handlers: TrainerHandlers = callback;
      const report = (error: unknown) => this.#leaveOut(callback, event, error);
      try {
        await origin.run(report, async () => handlers[event]?.(value, this.#controlOf(callback)));
      } catch (error) {
        report(error);
      }
    }
  }

  #leaveOut(callback: TrainerCallback, event: keyof TrainerEvents, error: unknown): void {
    if (!this.#callbacks.includes(callback)) return;
    this.#callbacks = this.#callbacks.filter((other) => other !== callback);
    const what = `the callback ${callback.name} failed in ${event} (${messageOf(error)})`;
    this.#notice(`${what}: it is left out from here on, the run goes on`);
  }

  #controlOf({ name }: TrainerCallback): RunControl {
    return {
      stop: (reason) => {
        this.#stop ??= { by: name, reason };
        this.#stopping.abort();
      },
    };
  }
}

/** Factory of callbacks; receives the options of `train`, with defaults. */
export type CallbackMaker = (config: RunSettings) => TrainerCallback;

/** Callback factories registered by plugins, applied to every training of this process. */
export const callbackMakers = new Contributions<CallbackMaker>();

/** Callbacks of all plugins for one training. Reports and skips a factory that throws. */
export const makeCallbacks = (config: TrainConfig, notice: (line: string) => void): TrainerCallback[] =>
  callbackMakers.all.flatMap((make) => {
    try {
      return [make(config)];
    } catch (error) {
      notice(`a plugin's callback cannot be made (${messageOf(error)}): it is left out, the run goes on`);
      return [];
    }
  });

/** Predicate of the steps, counted from 1, whose losses are recorded: the first, and evenly spaced ones. */
export function recordedSteps(steps: number): (step: number) => boolean {
  const every = Math.ceil(steps / maxStepRecords);
  return (step) => step % every === 0 || step === 1;
}

/** Maximum number of step records, which limits the file size of long runs. */
export const maxStepRecords = 2000;

/** Error handler of the callback that started the current asynchronous call. */
const origin = new AsyncLocalStorage<(error: unknown) => void>();

/**
 * Listener for unhandled rejections. Reports those of callbacks, which would otherwise end the process; rethrows others if no other
 * listener is registered, which is Node's default behaviour.
 */
function onUnhandledRejection(error: unknown): void {
  const report = origin.getStore();
  if (report !== undefined) report(error);
  else if (process.listenerCount("unhandledRejection") === 1) throw error;
}
