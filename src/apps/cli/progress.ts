/** How far the work has come: a line that is redrawn on a terminal, a line a stage elsewhere, nothing when quiet. */
import { escaped } from "../../platform/quote.ts";

/** The text of a progress bar and of the line that replaces it, without any drawing. */

export type Fields = Readonly<Record<string, number | string>>;

export interface Standing {
  readonly label: string;
  /** what is counted: "images" */
  readonly unit: string;
  readonly done: number;
  readonly total: number;
  /** since the start */
  readonly seconds: number;
  readonly fields: Fields;
}

const widestBar = 24;
const narrowestBar = 6;
/** two brackets and three spaces */
const frame = 5;

/**
 * One line of at most `columns` characters: label, bar, percent, units/s, fields, time left. Where it does not fit, the
 * last fields go first, then the time left, the rate and the bar. `paint` colours the filled part.
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

/** What a finished piece of work leaves: "epoch 3/120: 400 images in 0:11, 35.2 images/s, L_vt 1.234". */
export function summaryLine({ label, unit, done, seconds, fields }: Standing): string {
  const rate = seconds > 0 ? [`${(done / seconds).toFixed(1)} ${unit}/s`] : [];
  return `${label}: ${[`${done} ${unit} in ${duration(seconds)}`, ...rate, ...fieldTexts(fields)].join(", ")}`;
}

/** 3.4 → "0:03", 3725 → "1:02:05". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** The details that fit into `room`, in the order in which they are shown. */
function fitting({ unit, done, total, seconds, fields }: Standing, room: number): string[] {
  const isMoving = done > 0 && seconds > 0;
  const rate = isMoving ? [`${(done / seconds).toFixed(1)} ${unit}/s`] : [];
  const left = isMoving && done < total ? [`ETA ${duration((seconds * (total - done)) / done)}`] : [];
  const texts = fieldTexts(fields);
  while (texts.length > 0 && [...rate, ...texts, ...left].join(" ").length > room) texts.pop();
  const candidates = [[...rate, ...texts, ...left], rate, []];
  return candidates.find((details) => details.join(" ").length <= room) ?? [];
}

function fieldTexts(fields: Fields): string[] {
  return Object.entries(fields).map(([name, value]) =>
    escaped(`${name} ${typeof value === "string" ? value : brief(value)}`),
  );
}

/** Four significant digits; whole numbers whole. */
function brief(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}

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
    write(`${escaped(line)}\n`);
  }

  function start({ label, total, unit }: Work): ProgressTask {
    const startedAt = clock();
    let done = 0;
    let fields: Fields = {};
    const standing = () => ({
      label: escaped(label),
      unit,
      done,
      total,
      fields,
      seconds: (clock() - startedAt) / 1000,
    });

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
