/** How far the work has come: a line that is redrawn on a terminal, a line a stage elsewhere, nothing when quiet. */
import { printable } from "./printable.ts";
import { type Fields, progressLine, summaryLine } from "./progressLine.ts";

export interface Work {
  /** "epoch 3/120" */
  readonly label: string;
  readonly total: number;
  /** what `total` counts: "images" */
  readonly unit: string;
}

export interface ProgressTask {
  /** `done` of the total; `fields` replace those shown, such as the loss terms */
  update(done: number, fields?: Fields): void;
  /** leaves a line above the bar */
  note(line: string): void;
  /** replaces the bar by a line: by default what was done, how fast, and the last fields */
  finish(line?: string): void;
}

export interface Progress {
  /** One piece of work at a time; a new one ends the one before without a line. */
  start(work: Work): ProgressTask;
  note(line: string): void;
  /** Leaves the terminal's line clean, for an error or another writer; the next update draws again. */
  clear(): void;
}

export interface ProgressOptions {
  /** standard error: standard output stays alone for answers */
  write(text: string): unknown;
  readonly isTerminal: boolean;
  readonly isQuiet: boolean;
  readonly hasColour: boolean;
  /** the terminal's width now */
  columns(): number;
  /** milliseconds */
  clock(): number;
}

const redrawEvery = 100;
const clearLine = "\r\u001b[K";
const green = (text: string) => (text === "" ? "" : `\u001b[32m${text}\u001b[39m`);

/** The cursor is never hidden and stays on the bar's line, so that a killed process leaves the terminal usable. */
export function createProgress(options: ProgressOptions): Progress {
  const { write, isTerminal, isQuiet, clock } = options;
  const paint = options.hasColour ? green : (text: string) => text;
  let isDrawn = false;
  let drawnAt = Number.NEGATIVE_INFINITY;

  function clear(): void {
    if (isDrawn) write(clearLine);
    isDrawn = false;
  }

  function note(line: string): void {
    if (isQuiet) return;
    clear();
    write(`${printable(line)}\n`);
  }

  function start({ label, total, unit }: Work): ProgressTask {
    const startedAt = clock();
    let done = 0;
    let fields: Fields = {};
    const standing = () => ({ label, unit, done, total, fields, seconds: (clock() - startedAt) / 1000 });

    clear();
    return {
      update(now, nowFields) {
        done = now;
        fields = nowFields ?? fields;
        if (isQuiet || !isTerminal || clock() - drawnAt < redrawEvery) return;
        // the last column stays free, where some terminals break the line
        write(clearLine + progressLine(standing(), options.columns() - 1, paint));
        drawnAt = clock();
        isDrawn = true;
      },
      note,
      finish: (line) => note(line ?? summaryLine(standing())),
    };
  }

  return { start, note, clear };
}
