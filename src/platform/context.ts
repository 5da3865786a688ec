/** Context of long-running work: progress, notices and an abort signal. */

/** Progress of one piece of work; the command line draws it as a bar. */
export interface ProgressTask {
  /** Reports `done` units of the total; `fields` are shown next to the bar. */
  update(done: number, fields?: Readonly<Record<string, number>>): void;
  /** Prints a line above the bar. */
  note(line: string): void;
  /** Ends the task and replaces the bar with the line `summary`. */
  finish(summary?: string): void;
}

/** Seconds left, as far as they are known. */
export interface TimeLeft {
  /** of this task, where its pace so far does not tell */
  readonly task?: number | undefined;
  /** of the whole plan that the task belongs to */
  readonly plan?: number | undefined;
}

/** A piece of work of `total` units. */
export interface ProgressWork {
  readonly label: string;
  readonly total: number;
  readonly unit: string;
  /** units done before the task started, as in a resumed run; default 0 */
  readonly done?: number;
  /** @internal tells the time left when a report is shown */
  readonly left?: () => TimeLeft;
}

/** A receiver of progress reports; see `RunContext`. */
export interface ProgressReporter {
  /** Starts reporting a piece of work. */
  start(task: ProgressWork): ProgressTask;
}

/** A reporter that ignores everything. */
export const silent: ProgressReporter = {
  start: () => ({ update: () => undefined, note: () => undefined, finish: () => undefined }),
};

/** A reporter without summaries, for subtasks of other work. */
export const withoutSummary = (reporter: ProgressReporter): ProgressReporter => ({
  start: (task) => ({ ...reporter.start(task), finish: () => undefined }),
});

/** Optional context of long-running work, separate from its configuration. */
export interface RunContext {
  readonly progress?: ProgressReporter;
  /** stops the work cleanly when aborted */
  readonly signal?: AbortSignal;
  /** receives messages of one line: a warning, a skipped image */
  readonly notice?: (line: string) => void;
}

/** A context with a reporter and a notice function; the signal is optional. */
export interface Context extends RunContext {
  readonly progress: ProgressReporter;
  readonly notice: (line: string) => void;
}

/** Completes a context with a reporter and a notice function that do nothing. */
export const contextOf = ({ progress = silent, signal, notice = () => undefined }: RunContext): Context => ({
  progress,
  notice,
  ...(signal !== undefined && { signal }),
});

/** A notice function that drops repeated lines, such as those of two splits with the same files. */
export function eachOnce(notice: (line: string) => void): (line: string) => void {
  const seen = new Set<string>();
  return (line) => {
    if (!seen.has(line)) notice(line);
    seen.add(line);
  };
}
