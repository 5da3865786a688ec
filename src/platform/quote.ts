/** Escaping of untrusted text for messages: single-line, bounded, and without terminal control sequences. */

/**
 * Characters that are unsafe in a message: control characters, line and paragraph separators, lone surrogates, and
 * bidirectional controls.
 */
const unsafe = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
const everyUnsafe = new RegExp(unsafe, "gu");

/** Whether a text needs no escaping. */
export const isPlainText = (text: string): boolean => !unsafe.test(text);

/** Escapes unsafe characters (`\u001b`) and truncates the text to `max` characters, including escapes. */
export function escaped(text: string, max = Number.POSITIVE_INFINITY): string {
  const start = text.slice(0, max);
  const safe = start.replace(everyUnsafe, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return text.length > max || safe.length > max ? `${safe.slice(0, max)}…` : safe;
}

/** A name in double quotes, escaped and truncated. */
export const quoted = (name: string, max = 60): string => `"${escaped(name, max).replaceAll('"', '\\"')}"`;

/** The first `max` names of a list in double quotes, and the number of the others. */
export function quotedList(names: readonly string[], max = 8): string {
  const shown = names.slice(0, max).map((name) => quoted(name));
  return names.length > max ? `${shown.join(", ")} and ${names.length - max} more` : shown.join(", ");
}
