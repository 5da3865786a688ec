/** Time left of an ablation: of the cell in work, and of the cells after it. */
import type { ProgressReporter, TimeLeft } from "../../platform/context.ts";
import { type PlannedCell, secondsOfCells } from "../expectation.ts";
import type { AblationEstimate } from "./estimate.ts";

/** Cells of an ablation in the order in which they are trained, and the measured times of those that are. `clock` gives seconds. */
export class AblationPlan {
  readonly #clock: () => number;
  readonly #estimates: ReadonlyMap<string, number>;
  readonly #measured = new Map<string, readonly number[]>();
  #waiting: readonly PlannedCell[];
  /** what was known last of the cell in work, and when */
  #current: { readonly seconds: number | undefined; readonly at: number };

  constructor(
    cells: readonly { readonly row: string }[],
    estimate?: Pick<AblationEstimate, "rows">,
    clock: () => number = () => performance.now() / 1000,
  ) {
    this.#clock = clock;
    this.#estimates = new Map(
      estimate?.rows.flatMap(({ name, cellSeconds }) => (cellSeconds === undefined ? [] : [[name, cellSeconds]])),
    );
    this.#waiting = cells.map(({ row }) => ({ row, seconds: this.#estimates.get(row) }));
    this.#current = { seconds: undefined, at: clock() };
  }

  /** The next cell starts. */
  begin(): void {
    const [cell, ...later] = this.#waiting;
    this.#waiting = later;
    this.#current = { seconds: cell && this.#secondsOf([cell]), at: this.#clock() };
  }

  /** The cell in work is trained, or was found so; `seconds` is the time of its steps and validations. */
  end(row: string, seconds: number): void {
    this.#measured.set(row, [...(this.#measured.get(row) ?? []), seconds]);
    this.#current = { seconds: 0, at: this.#clock() };
  }

  /** Seconds left of all trainings, from what is left of the one in work; undefined while a cell's time is unknown. */
  left(ofCell?: number): number | undefined {
    if (ofCell !== undefined) this.#current = { seconds: ofCell, at: this.#clock() };
    const { seconds, at } = this.#current;
    const later = this.#secondsOf(this.#waiting);
    if (seconds === undefined || later === undefined) return undefined;
    return Math.max(0, seconds - (this.#clock() - at)) + later;
  }

  /** Adds the time left of all cells to what tasks report. */
  reporter(progress: ProgressReporter): ProgressReporter {
    const withPlan = (own: TimeLeft = {}): TimeLeft => ({ ...own, plan: this.left(own.task) });
    return { start: (task) => progress.start({ ...task, left: () => withPlan(task.left?.()) }) };
  }

  #secondsOf(cells: readonly PlannedCell[]): number | undefined {
    return secondsOfCells(cells, this.#measured, this.#estimates);
  }
}
