/** Strict JSON for untrusted data: parsers disagree about duplicate keys, and unbounded depth is an attack, so both are errors. */

/** More levels than any file that is read here has. */
const maxDepth = 64;

/** The value of a JSON text. Throws a SyntaxError, also for a duplicate key and for more than 64 levels. */
export function parseStrictJson(text: string): unknown {
  checkNesting(text);
  return JSON.parse(text);
}

/** Checks keys and depth in one pass. Text that is not JSON may pass: the parser reports it better. */
function checkNesting(text: string): void {
  /** keys of the open objects; undefined for a list */
  const open: (Set<string> | undefined)[] = [];
  let isKeyNext = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') {
      const end = endOfString(text, at);
      if (isKeyNext) addKey(open.at(-1), text.slice(at, end));
      isKeyNext = false;
      at = end - 1;
    } else if (letter === "{" || letter === "[") {
      isKeyNext = letter === "{";
      open.push(isKeyNext ? new Set() : undefined);
      if (open.length > maxDepth) throw new SyntaxError(`more than ${maxDepth} levels`);
    } else if (letter === "}" || letter === "]") {
      open.pop();
      isKeyNext = false;
    } else if (letter === ",") isKeyNext = open.at(-1) !== undefined;
  }
}

/** The index behind the closing quote, or the text's length. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

function addKey(keys: Set<string> | undefined, quoted: string): void {
  // The same key may be written with and without escapes.
  const key = quoted.includes("\\") ? String(JSON.parse(quoted)) : quoted.slice(1, -1);
  if (keys?.has(key)) throw new SyntaxError(`the key ${JSON.stringify(key.slice(0, 60))} comes twice`);
  keys?.add(key);
}
