/** What the names of classes may be, wherever they come from: folders, checkpoints, descriptions, plugins. */
import { type ErrorCode, MpaError } from "../platform/errors.ts";
import { isPlainText, quoted } from "../platform/quote.ts";

/** Each class has a prompt that goes through the text tower. */
export const maxClasses = 10_000;
/** Letters; the text tower takes 77 tokens. */
export const maxClassName = 200;

/**
 * Throws `code` where there are too many classes, or a name is empty, too long, given twice, or has a character that breaks a
 * line or controls a terminal: such names would shift lines of files and columns of tables, and merge two classes' figures.
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
