/** Strict parsing of untrusted YAML: a single document of plain values. */
import { isScalar, parseDocument, visit } from "yaml";

/** Maximum aliases, against exponential expansion. */
const maxAliases = 100;

/**
 * Limits on nesting. The parser is recursive, and V8 aborts the process if it compiles a regular expression near the end of the
 * stack. Each level needs a bracket, a column of indentation, or a dash, colon or question mark in its line.
 */
const [maxBrackets, maxStart, maxMarks] = [256, 160, 256];

/**
 * Parses a YAML text by the core schema of YAML 1.2, with keys as strings. Throws an Error for invalid YAML, more than one
 * document, duplicate keys, unknown tags, and too many aliases or levels.
 */
export function parseStrictYaml(text: string): unknown {
  checkDepth(text);
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    // 1 and "1" would become one key of an object.
    stringKeys: true,
    // The parser's own check is quadratic in the number of keys.
    uniqueKeys: false,
    // With "silent" a second document would not be reported.
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
