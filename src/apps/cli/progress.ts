/** Progress reporting: a redrawn line on a terminal, one line per stage elsewhere; with `--quiet` only warnings. */
import type { ProgressWork, TimeLeft } from "../../platform/context.ts";
import { counted } from "../../platform/counts.ts";
import { escaped } from "../../platform/quote.ts";

export type Fields = Readonly<Record<string, number | string>>;

export interface Standing {
  readonly label: string;
  /** what is counted: "images" */
  readonly unit: string;
  readonly done: number;
  readonly total: number;
  /** done before the start, at no time; default 0 */
  readonly before?: number;
  /** since the start */
  readonly seconds: number;
  /** time left, where it is known better than from the rate */
  readonly left?: TimeLeft;
  readonly fields: Fields;
}

const widestBar = 24;
const narrowestBar = 6;
/** two brackets and three spaces */
const frame = 5;

/**
 * Formats a progress line of at most `columns` characters: label, bar, percent, units/s, fields, time left of the task and of
 * the plan. If it is too long, it drops the last fields first, then the times left, the rate and the bar. `paint` colours the filled part of the bar.
 */
export function progressLine(standing: Standing, columns: number, paint: (text: string) => string): string {
  const { label, done, total } = standing;
  const share = total > 0 ? Math.min(1, done / total) : 1;
  const percent = `${Math.floor(100 * share)}%`.padStart(4);
  const details = fitting(standing, columns - label.length - percent.length - narrowestBar - frame);
  const room = columns - [label, percent, ...details].join(" ").length - 3;
  if (room < narrowestBar) return `${label} ${percent.trim()}`.slice(0, Math.max(0, columns));
  const bar = Math.min(widestBar, room);
  const filled = Math.floor(bar * share);
  return [label, `[${paint("#".repeat(filled))}${"-".repeat(bar - filled)}]`, percent, ...details].join(" ");
}

/** Formats the line of a finished task: "epoch 3/120: 400 images in 0:11, 35.2 images/s, L_vt 1.234". */
export function summaryLine({ label, unit, done, before = 0, seconds, fields }: Standing): string {
  const own = done - before;
  const rate = own > 0 && seconds > 0 ? [`${(own / seconds).toFixed(1)} ${unit}/s`] : [];
  return `${label}: ${[`${counted(own, unit.replace(/s$/, ""), unit)} in ${duration(seconds)}`, ...rate, ...fieldTexts(fields)].join(", ")}`;
}

/** Formats a duration: 3.4 → "0:03", 3725 → "1:02:05". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

export interface ProgressTask {
  /** Sets the number done; `fields`, such as the loss terms, replace those shown. */
  update(done: number, fields?: Fields): void;
  /** Prints a line above the bar. */
  note(line: string): void;
  /** Replaces the bar with a line; the default line has the count, the rate and the last fields. */
  finish(line?: string): void;
}

export interface Progress {
  /** Starts a task. Only one runs at a time; a new one ends the previous one without a line. */
  start(work: ProgressWork): ProgressTask;
  note(line: string): void;
  /** Prints a line also if the display is quiet: what was left out or failed is no progress. */
  warn(line: string): void;
  /** Clears the progress line for other output; the next update redraws it. */
  clear(): void;
}

export interface ProgressOptions {
  /** writes to standard error, because standard output is reserved for answers */
  write(text: string): unknown;
  readonly isTerminal: boolean;
  readonly isQuiet: boolean;
  readonly hasColour: boolean;
  /** current width of the terminal */
  columns(): number;
  /** milliseconds */
  clock(): number;
}

const redrawEvery = 100;
const clearLine = "\r\u001b[K";
const green = (text: string) => (text === "" ? "" : `\u001b[32m${text}\u001b[39m`);

/** Creates a progress display. It never hides the cursor, so a killed process leaves the terminal usable. */
export function createProgress(options: ProgressOptions): Progress {
  const { write, isTerminal, isQuiet, clock } = options;
  const paint = options.hasColour ? green : (text: string) => text;
  let isDrawn = false;
  let drawnAt = Number.NEGATIVE_INFINITY;

  function clear(): void {
    if (isDrawn) write(clearLine);
    isDrawn = false;
  }

  function warn(line: string): void {
    clear();
    write(`${escaped(line)}\n`);
  }

  function note(line: string): void {
    if (!isQuiet) warn(line);
  }

  function start({ label, total, unit, done: before = 0, left }: ProgressWork): ProgressTask {
    const startedAt = clock();
    let done = before;
    let fields: Fields = {};
    const standing = () => ({
      label: escaped(label),
      unit,
      done,
      total,
      before,
      fields,
      left: left?.(),
      seconds: (clock() - startedAt) / 1000,
    });

    clear();
    return {
      update(now, nowFields) {
        done = now;
        fields = nowFields ?? fields;
        if (isQuiet || !isTerminal || clock() - drawnAt < redrawEvery) return;
        // the last column stays free, because some terminals wrap there
        write(clearLine + progressLine(standing(), options.columns() - 1, paint));
        drawnAt = clock();
        isDrawn = true;
      },
      note,
      finish: (line) => note(line ?? summaryLine(standing())),
    };
  }

  return { start, note, warn, clear };
}

/** Returns the details that fit into `room` characters, in display order. */
function fitting({ unit, done, total, before = 0, seconds, fields, left = {} }: Standing, room: number): string[] {
  const own = done - before;
  const isMoving = own > 0 && seconds > 0;
  const rate = isMoving ? [`${(own / seconds).toFixed(1)} ${unit}/s`] : [];
  const ownLeft = left.task ?? (isMoving ? (seconds * (total - done)) / own : undefined);
  const eta = ownLeft !== undefined && done < total ? [`ETA ${duration(ownLeft)}`] : [];
  const plan = left.plan !== undefined ? [`all ${duration(left.plan)}`] : [];
  const texts = fieldTexts(fields);
  while (texts.length > 0 && [...rate, ...texts, ...eta, ...plan].join(" ").length > room) texts.pop();
  const candidates = [[...rate, ...texts, ...eta, ...plan], [...rate, ...plan], rate, []];
  return candidates.find((details) => details.join(" ").length <= room) ?? [];
}

function fieldTexts(fields: Fields): string[] {
  return Object.entries(fields).map(([name, value]) =>
    escaped(`${name} ${typeof value === "string" ? value : brief(value)}`),
  );
}

/** Formats a number with four significant digits; integers stay integers. */
function brief(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
