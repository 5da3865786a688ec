/**
 * JSON as data from strangers is read: parsers disagree about a key that comes twice, and depth or objects without number
 * are an attack, so all are refused before the text is parsed.
 */

/** How large a JSON text may be. */
export interface JsonBounds {
  /** bytes of its file */
  readonly max: number;
  /** members of objects, elements of lists, and the objects and lists themselves */
  readonly values: number;
  /** the objects and lists; each takes up to 200 bytes once it is parsed, and more once it is held against a schema */
  readonly containers: number;
  /** keys of one object; objects of many keys are slow to make */
  readonly keys: number;
}

/** The bounds of each kind of file. What is not here is a `document`. */
export const jsonBounds = {
  /** what people write, and small records */
  document: { max: 8 * 2 ** 20, values: 200_000, containers: 30_000, keys: 20_000 },
  /** `run.json`, whose confusion matrix of 1,000 classes has a million values */
  run: { max: 16 * 2 ** 20, values: 1_200_000, containers: 30_000, keys: 20_000 },
  /** what a worker found in one picture: ten objects and lists a face */
  answer: { max: 32 * 2 ** 20, values: 1_000_000, containers: 200_000, keys: 20_000 },
  /** CLIP's has 200,000 values: a vocabulary of 49,408 and its merges */
  tokenizer: { max: 32 * 2 ** 20, values: 400_000, containers: 100_000, keys: 200_000 },
  /** the head of a safetensors file, about ten values a tensor */
  tensorHeader: { max: 8 * 2 ** 20, values: 250_000, containers: 75_000, keys: 25_000 },
  /** `config.json`, `preprocessor_config.json` and their like */
  modelConfig: { max: 2 ** 20, values: 20_000, containers: 5000, keys: 1000 },
} as const satisfies Readonly<Record<string, JsonBounds>>;

/** Deeper than any file that is read here. */
const maxDepth = 64;

/**
 * The value. Throws a SyntaxError, also for a key that comes twice in one object, for more than 64 levels and for a text beyond
 * the bounds.
 */
export function parseStrictJson(text: string, bounds: JsonBounds = jsonBounds.document): unknown {
  // Each letter takes a byte at least.
  if (text.length > bounds.max) throw new SyntaxError(`more than ${bounds.max / 2 ** 20} MiB`);
  checkStructure(text, bounds);
  return JSON.parse(text);
}

/** One pass over the text. What is no JSON at all may pass: the parser behind it says so better. */
function checkStructure(text: string, bounds: JsonBounds): void {
  /** the objects and lists that are open; an object's keys once it has one */
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

/** The index behind the closing quote, or the text's length. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === quote) return at + 1;
  }
  return text.length;
}

function addKey(open: ("list" | "object" | Set<string>)[], quoted: string, max: number): void {
  // The same key may be written with and without escapes.
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
