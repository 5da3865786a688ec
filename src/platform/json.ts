/**
 * Strict parsing of untrusted JSON. Duplicate keys, which parsers treat differently, and excessive depth or size are rejected
 * before the text is parsed.
 */

/** Size limits of a JSON text. */
export interface JsonBounds {
  /** maximum bytes */
  readonly max: number;
  /** maximum number of values, objects and arrays included */
  readonly values: number;
  /** maximum number of objects and arrays; each takes up to 200 bytes when parsed, and more during validation */
  readonly containers: number;
  /** maximum keys of one object; large objects are slow to create */
  readonly keys: number;
}

/** Limits by kind of file; the default is `document`. */
export const jsonBounds = {
  /** files written by hand, and small records */
  document: { max: 8 * 2 ** 20, values: 200_000, containers: 30_000, keys: 20_000 },
  /** `run.json`, whose confusion matrix of 1,000 classes has a million values */
  run: { max: 16 * 2 ** 20, values: 1_200_000, containers: 30_000, keys: 20_000 },
  /** result of a worker for one image, ten objects and arrays per face */
  answer: { max: 32 * 2 ** 20, values: 1_000_000, containers: 200_000, keys: 20_000 },
  /** `explain.json`, with the coordinates of thousands of images and the patches of hundreds of faces */
  explanation: { max: 64 * 2 ** 20, values: 4_000_000, containers: 800_000, keys: 800_000 },
  /** `tokenizer.json`; CLIP's has 200,000 values, a vocabulary of 49,408 and its merges */
  tokenizer: { max: 32 * 2 ** 20, values: 400_000, containers: 100_000, keys: 200_000 },
  /** header of a safetensors file, about ten values per tensor */
  tensorHeader: { max: 8 * 2 ** 20, values: 250_000, containers: 75_000, keys: 25_000 },
  /** `config.json`, `preprocessor_config.json` and similar files */
  modelConfig: { max: 2 ** 20, values: 20_000, containers: 5000, keys: 1000 },
} as const satisfies Readonly<Record<string, JsonBounds>>;

/** Maximum nesting depth, deeper than any supported file. */
const maxDepth = 64;

/**
 * Parses a JSON text. Throws SyntaxError for invalid JSON, duplicate keys, more than 64 levels, and a text that exceeds the
 * bounds.
 */
export function parseStrictJson(text: string, bounds: JsonBounds = jsonBounds.document): unknown {
  // Each character takes at least one byte.
  if (text.length > bounds.max) throw new SyntaxError(`more than ${bounds.max / 2 ** 20} MiB`);
  checkStructure(text, bounds);
  return JSON.parse(text);
}

/** Checks the bounds and keys in one pass. Invalid JSON may pass, since the parser reports it later. */
function checkStructure(text: string, bounds: JsonBounds): void {
  /** enclosing objects and arrays, innermost last; an object with keys is represented by the set of its keys */
  const open: ("list" | "object" | Set<string>)[] = [];
  let values = 0;
  let containers = 0;
  let isKeyNext = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const end = endOfString(text, at);
      if (isKeyNext) addKey(open, text.slice(at, end), bounds.keys);
      isKeyNext = false;
      at = end - 1;
    } else if (code === openBrace || code === openBracket) {
      isKeyNext = code === openBrace;
      open.push(isKeyNext ? "object" : "list");
      if (open.length > maxDepth) throw new SyntaxError(`more than ${maxDepth} levels`);
      values++;
      if (++containers > bounds.containers) throw new SyntaxError(`more than ${bounds.containers} objects and lists`);
    } else if (code === closeBrace || code === closeBracket) {
      open.pop();
      isKeyNext = false;
    } else if (code === comma) {
      isKeyNext = open.length > 0 && open[open.length - 1] !== "list";
      values++;
    }
    if (values > bounds.values) throw new SyntaxError(`more than ${bounds.values} values`);
  }
}

const [quote, comma, backslash] = [0x22, 0x2c, 0x5c];
const [openBracket, closeBracket, openBrace, closeBrace] = [0x5b, 0x5d, 0x7b, 0x7d];

/** The index after the closing quote, or the text's length. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at + 1;
  }
  return text.length;
}

function addKey(open: ("list" | "object" | Set<string>)[], quoted: string, max: number): void {
  // A key may be written with or without escapes.
  const key = quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  const last = open.length - 1;
  const keys = open[last];
  if (keys === "object") open[last] = new Set([key]);
  else if (keys instanceof Set) {
    if (keys.has(key)) throw new SyntaxError(`the key ${JSON.stringify(key.slice(0, 60))} comes twice`);
    if (keys.size === max) throw new SyntaxError(`more than ${max} keys in one object`);
    keys.add(key);
  }
}
