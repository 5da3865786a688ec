/** What a training tells whoever listens while it goes, and how a listener ends it. */

import { AsyncLocalStorage } from "node:async_hooks";

import type { Metrics } from "../../evaluation/metrics.ts";
import type { EpochRecord, StepRecord } from "../../method/fit.ts";
import { messageOf } from "../../platform/errors.ts";
import { Contributions } from "../../platform/registry.ts";
import type { TrainConfig } from "../options.ts";

/** The options of a training with their defaults, as `run.json` has them. */
export interface RunSettings {
  readonly [option: string]: unknown;
  readonly epochs: number;
  readonly batchSize: number;
  readonly maxSteps?: number | undefined;
  readonly paperProtocol: boolean;
}

/** A run that is about to make its first step, or to go on. */
export interface RunStart {
  /** the run folder */
  readonly out: string;
  /** options of `train` with their defaults */
  readonly config: RunSettings;
  readonly backbone: { readonly name: string; readonly sha256: string };
  /** in logit order */
  readonly classes: readonly string[];
  /** images an epoch */
  readonly images: number;
  /** steps in all, and those that an earlier part of the run has done */
  readonly steps: number;
  readonly stepsDone: number;
  /** images seen by that earlier part */
  readonly imagesSeen: number;
}

/** The end of an epoch, with its scores on the split that epochs are chosen on. */
export type EpochEnd = EpochRecord<Metrics>;

/** A checkpoint that is whole on disk. */
export interface CheckpointWritten {
  /** `best` is of the best epoch so far, `last` of the newest state */
  readonly kind: "best" | "last";
  readonly path: string;
  /** steps that it has learned from */
  readonly step: number;
}

/** The end of a run, whatever ended it. */
export interface RunEnd {
  /** `stopped` by a callback, `interrupted` by the user, `failed` by an error */
  readonly status: "finished" | "stopped" | "interrupted" | "failed";
  /** steps done */
  readonly step: number;
  readonly seconds: number;
  /** of the best epoch */
  readonly metrics?: Metrics;
  /** what was said when it was stopped, or went wrong */
  readonly reason?: string;
}

/** What a training tells, by the name of the handler that hears it. */
export interface TrainerEvents {
  /** Before the first step. */
  readonly onRunStart: RunStart;
  /** After each step, before a checkpoint of it is written. */
  readonly onStep: StepRecord;
  /** After each epoch and its validation, before its checkpoints are written. */
  readonly onEpochEnd: EpochEnd;
  /** After a checkpoint was written, inside an epoch too. */
  readonly onCheckpoint: CheckpointWritten;
  /** At the end, whatever ended it; its files are written. */
  readonly onRunEnd: RunEnd;
}

/** What a handler may do to the run. */
export interface RunControl {
  /** Ends the run after the step in work, with a checkpoint to go on from; the first one who asks is named in `run.json`. */
  stop(reason: string): void;
}

/** A handler for each event; all are optional, and are waited for. */
export type TrainerHandlers = {
  readonly [Event in keyof TrainerEvents]?: (event: TrainerEvents[Event], control: RunControl) => unknown;
};

/**
 * Hears of a training. An error in a handler, also in a promise that it began and did not wait for, is reported once, and that
 * callback is left out from then on; the run goes on.
 */
export interface TrainerCallback extends TrainerHandlers {
  /** names it in messages */
  readonly name: string;
}

/* The callbacks of one run: told in order, kept from doing harm, heard when they want to stop. */

export interface StopRequest {
  /** name of the callback */
  readonly by: string;
  readonly reason: string;
}

/** The callback whose handler the running code was begun by, and who hears of what becomes of it. */
const origin = new AsyncLocalStorage<(error: unknown) => void>();

/**
 * Takes rejections that nobody handles: those of callbacks are told to their list, for the process would end with them. Others end it
 * as they would without this listener.
 */
function onUnhandledRejection(error: unknown): void {
  const report = origin.getStore();
  if (report !== undefined) report(error);
  // The only listener stands for the default.
  else if (process.listenerCount("unhandledRejection") === 1) throw error;
}

export class CallbackList {
  readonly #notice: (line: string) => void;
  readonly #stopping = new AbortController();
  #callbacks: readonly TrainerCallback[];
  #stop: StopRequest | undefined;

  constructor(callbacks: readonly TrainerCallback[], notice: (line: string) => void = () => undefined) {
    this.#callbacks = callbacks;
    this.#notice = notice;
    // A promise may be rejected long after its handler, so the listener stays for as long as the process.
    if (!process.listeners("unhandledRejection").includes(onUnhandledRejection)) {
      process.on("unhandledRejection", onUnhandledRejection);
    }
  }

  /** Aborts when a callback wants the run to stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** The first wish to stop. */
  get stop(): StopRequest | undefined {
    return this.#stop;
  }

  /** Tells every callback that listens, one after the other. Never throws. */
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

/* What plugins bring to listen to every training of this process. */

/** Makes a callback for a run from the options of `train` with their defaults. */
export type CallbackMaker = (config: RunSettings) => TrainerCallback;

export const callbackMakers = new Contributions<CallbackMaker>();

/** The callbacks of one training; one that cannot be made is reported and left out. */
export const makeCallbacks = (config: TrainConfig, notice: (line: string) => void): TrainerCallback[] =>
  callbackMakers.all.flatMap((make) => {
    try {
      return [make(config)];
    } catch (error) {
      notice(`a plugin's callback cannot be made (${messageOf(error)}): it is left out, the run goes on`);
      return [];
    }
  });

/** Which steps of a run are kept on record. */

/** Step records at most, so that long runs keep a readable file. */
const maxStepRecords = 2000;

/** Whether a step, counted from 1, of a run of so many is recorded: the first, and evenly spaced ones. */
export function recordedSteps(steps: number): (step: number) => boolean {
  const every = Math.ceil(steps / maxStepRecords);
  return (step) => step % every === 0 || step === 1;
}
