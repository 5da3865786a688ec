/** YAML as data from strangers is read: one document of plain values. */
import { isScalar, parseDocument, visit } from "yaml";

/** Aliases a file may follow; more is an attack that grows without bound. */
const maxAliases = 100;

/*
 * The parser goes into itself for each level, and V8 ends the whole process where it compiles a pattern at the end of its stack. A
 * level takes a bracket, a column of its line's start, or a dash, colon or question mark in its line.
 */
const [maxBrackets, maxStart, maxMarks] = [256, 160, 256];

/**
 * The value, by YAML 1.2's core schema alone; keys are texts. Throws an Error for a second document, which would be dropped, for
 * a key that comes twice in one mapping, for an unknown tag, and for too many aliases or levels.
 */
export function parseStrictYaml(text: string): unknown {
  checkDepth(text);
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    // 1 and "1" would become one key of an object.
    stringKeys: true,
    // The parser's own check holds every key against every other.
    uniqueKeys: false,
    // With "silent" a second document would be no error.
    logLevel: "error",
    prettyErrors: false,
  });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault?.code === "MULTIPLE_DOCS") throw new SyntaxError("it holds more than one document");
  if (fault !== undefined) throw fault;
  visit(document, { Map: (_, { items }) => checkKeys(items.map(({ key }) => (isScalar(key) ? key.value : key))) });
  return document.toJS({ maxAliasCount: maxAliases });
}

function checkDepth(text: string): void {
  const brackets = text.match(/[[{]/g)?.length ?? 0;
  if (brackets > maxBrackets) throw new SyntaxError(`more than ${maxBrackets} lists and mappings in brackets`);
  for (const line of text.split(/[\r\n]/)) {
    const start = line.search(/[^\s?:-]/);
    const marks = line.match(/[-?:](?=\s|$)/g)?.length ?? 0;
    if ((start < 0 ? line.length : start) > maxStart || marks > maxMarks) throw new SyntaxError("too many levels");
  }
}

function checkKeys(keys: readonly unknown[]): void {
  const seen = new Set<unknown>();
  for (const key of keys) {
    if (seen.has(key)) throw new SyntaxError(`the key ${JSON.stringify(String(key).slice(0, 60))} comes twice`);
    seen.add(key);
  }
}
