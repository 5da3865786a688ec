/** Colour and icon of a class: fixed for the eight expressions, by position for other classes. */
import { ferClasses } from "../../../data/sample.ts";

/** CSS class that sets `--tone` and `--on-tone`; style/colours.css defines them. */
export function toneOf(name: string, classes: readonly string[]): string {
  const known = ferClasses.map(String).indexOf(name);
  const place = known >= 0 ? known : Math.max(0, classes.indexOf(name)) % ferClasses.length;
  return `tone-${ferClasses[place]}`;
}
