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
  return Object.entries(fields).map(([name, value]) => `${name} ${typeof value === "string" ? value : brief(value)}`);
}

/** Four significant digits; whole numbers whole. */
function brief(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toPrecision(4);
}
