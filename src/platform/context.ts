/** The context of long work: progress, notices, and a signal to stop it. */

/** Progress of one piece of work; the command line draws it as a bar. */
export interface ProgressTask {
  /** Reports `done` of the task's total; `fields` stand beside the bar. */
  update(done: number, fields?: Readonly<Record<string, number>>): void;
  /** Prints a line above the bar. */
  note(line: string): void;
  /** Ends the task; the bar gives way to the line `summary`. */
  finish(summary?: string): void;
}

/** A receiver of progress: `progress` of a `RunContext`. */
export interface ProgressReporter {
  /** Begins a piece of work; `total` is in units. */
  start(task: { readonly label: string; readonly total: number; readonly unit: string }): ProgressTask;
}

/** A reporter that ignores everything. */
export const silent: ProgressReporter = {
  start: () => ({ update: () => undefined, note: () => undefined, finish: () => undefined }),
};

/** A reporter that leaves no summaries behind, for work that is part of other work. */
export const withoutSummary = (reporter: ProgressReporter): ProgressReporter => ({
  start: (task) => ({ ...reporter.start(task), finish: () => undefined }),
});

/** Options of long work beside its configuration, all optional. */
export interface RunContext {
  readonly progress?: ProgressReporter;
  /** stops the work cleanly when aborted */
  readonly signal?: AbortSignal;
  /** receives messages of one line: a warning, a skipped image */
  readonly notice?: (line: string) => void;
}

/** A context whose functions are there; only a signal may be absent. */
export interface Context extends RunContext {
  readonly progress: ProgressReporter;
  readonly notice: (line: string) => void;
}

/** A context with defaults that do nothing where a reporter or a notice is absent. */
export const contextOf = ({ progress = silent, signal, notice = () => undefined }: RunContext): Context => ({
  progress,
  notice,
  ...(signal !== undefined && { signal }),
});

/** A notice that repeats no line: two splits may be read from the same files. */
export function eachOnce(notice: (line: string) => void): (line: string) => void {
  const told = new Set<string>();
  return (line) => {
    if (!told.has(line)) notice(line);
    told.add(line);
  };
}
