/** Times of a video, and durations of work, as text. */

/** `1:02:03.450`, or `02:03.450` under an hour (WebVTT, section 4.1, with two digits for hours). */
export function timestamp(seconds: number): string {
  const thousandths = Math.round(1000 * seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(thousandths / 3_600_000), Math.floor(thousandths / 60_000) % 60];
  const rest = (thousandths % 60_000) / 1000;
  return `${hours > 0 ? `${two(hours)}:` : ""}${two(minutes)}:${rest.toFixed(3).padStart(6, "0")}`;
}

/** `2:03.4`, to the tenth of a second. */
export function shortTime(seconds: number): string {
  const tenths = Math.round(10 * seconds);
  const [hours, minutes] = [Math.floor(tenths / 36_000), Math.floor(tenths / 600) % 60];
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

/** Duration of work with two units at most, rounded up below 90 seconds: "4 d 3 h", "2 h 5 min", "3 min", "20 s". */
export function durationText(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 24 * 60) return two([Math.floor(minutes / 60), "h"], [minutes % 60, "min"]);
  const hours = Math.round(seconds / 3600);
  return two([Math.floor(hours / 24), "d"], [hours % 24, "h"]);
}

const two = ([large, unit]: readonly [number, string], [small, smallUnit]: readonly [number, string]): string =>
  small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
