/** Text that a file or a user gave, as a message shows it: on one line, without control of the terminal, and not too long. */

/**
 * What must not reach a terminal or break a line: control characters, line and paragraph separators, halves of surrogate pairs,
 * and what turns the direction of the text around it.
 */
const unsafe = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const everyUnsafe = new RegExp(unsafe, "gu");

/** Whether a text can stand in one line as it is. */
export const isPlainText = (text: string): boolean => !unsafe.test(text);

/** The text with each unsafe character as its escape (`\u001b`), cut behind `max` letters, those of escapes included. */
export function escaped(text: string, max = Number.POSITIVE_INFINITY): string {
  const start = text.slice(0, max);
  const safe = start.replace(everyUnsafe, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text.length > max || safe.length > max ? `${safe.slice(0, max)}…` : safe;
}

/** A name in double quotes. */
export const quoted = (name: string, max = 60): string => `"${escaped(name, max).replaceAll('"', '\\"')}"`;

/** The first names of a list, and how many follow. */
export function quotedList(names: readonly string[], max = 8): string {
  const shown = names.slice(0, max).map((name) => quoted(name));
  return names.length > max ? `${shown.join(", ")} and ${names.length - max} more` : shown.join(", ");
}
