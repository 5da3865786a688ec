/** What surrounds a piece of work: who hears of its progress, and who may stop it. */
import type { ProgressReporter } from "./progress.ts";

/** What long work may be given beside its configuration; all of it may be left out. */
export interface RunContext {
  readonly progress?: ProgressReporter;
  /** stops cleanly */
  readonly signal?: AbortSignal;
  /** hears a line: a warning, a skipped image */
  readonly notice?: (line: string) => void;
}
