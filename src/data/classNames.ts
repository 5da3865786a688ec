/** Validation of class names from folders, checkpoints, descriptions and plugins. */
import { type ErrorCode, MpaError } from "../platform/errors.ts";
import { isPlainText, quoted } from "../platform/quote.ts";

/** Maximum number of classes; the text encoder encodes a prompt for each. */
export const maxClasses = 10_000;
/** Maximum characters of a name; the text encoder takes 77 tokens. */
export const maxClassName = 200;

/**
 * Checks class names. Throws `code` if there are too many, or if a name is empty, too long, repeated, or contains a line break or
 * control character, which would shift the lines of files and the columns of tables.
 */
export function checkClassNames(names: readonly string[], code: ErrorCode, where?: string): void {
  const fault = faultOf(names);
  if (fault !== undefined) throw new MpaError(code, fault, { where, fix: "give each class a short name of its own" });
}

function faultOf(names: readonly string[]): string | undefined {
  if (names.length > maxClasses) return `${names.length} classes are more than the ${maxClasses} that there may be`;
  const seen = new Set<string>();
  for (const name of names) {
    if (name.trim() === "") return "the name of a class is empty";
    if (name.length > maxClassName) return `the class ${quoted(name)} has a name of more than ${maxClassName} letters`;
    if (!isPlainText(name)) return `the name of the class ${quoted(name)} has a control character or a line break`;
    if (seen.has(name)) return `the class ${quoted(name)} comes twice`;
    seen.add(name);
  }
  return undefined;
}
