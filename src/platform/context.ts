/** What surrounds a piece of work: who hears of its progress, and who may stop it. */

/** How long work tells of itself; the command line draws it, a library user may ignore it. */
export interface ProgressTask {
  /** `done` of the task's total; `fields` stand beside the bar */
  update(done: number, fields?: Readonly<Record<string, number>>): void;
  /** a line that stays */
  note(line: string): void;
  /** The last call of a task; `summary` is a line that stays. */
  finish(summary?: string): void;
}

/** Hears of long work: give one as `progress` of a `RunContext`. */
export interface ProgressReporter {
  /** Once for each piece of work; `total` is in units. */
  start(task: { readonly label: string; readonly total: number; readonly unit: string }): ProgressTask;
}

/** Says nothing. */
export const silent: ProgressReporter = {
  start: () => ({ update: () => undefined, note: () => undefined, finish: () => undefined }),
};

/** The same bars, but no line is left when the work is done: for work that is part of other work. */
export const withoutSummary = (reporter: ProgressReporter): ProgressReporter => ({
  start: (task) => ({ ...reporter.start(task), finish: () => undefined }),
});

/** What long work may be given beside its configuration; all of it may be left out. */
export interface RunContext {
  readonly progress?: ProgressReporter;
  /** stops cleanly */
  readonly signal?: AbortSignal;
  /** hears a line: a warning, a skipped image */
  readonly notice?: (line: string) => void;
}

/** A context in which everything can be called; only a signal may be absent. */
export interface Context extends RunContext {
  readonly progress: ProgressReporter;
  readonly notice: (line: string) => void;
}

/** What was given, with a reporter and a notice that do nothing where none was given. */
export const contextOf = ({ progress = silent, signal, notice = () => undefined }: RunContext): Context => ({
  progress,
  notice,
  ...(signal !== undefined && { signal }),
});
