/**
 * JSON as data from strangers is read: parsers disagree about a key that comes twice, and depth without bound is an
 * attack, so both are refused.
 */

/** Deeper than any file that is read here. */
const maxDepth = 64;

/** The value. Throws a SyntaxError, also for a key that comes twice in one object and for more than 64 levels. */
export function parseStrictJson(text: string): unknown {
  checkNesting(text);
  return JSON.parse(text);
}

/** One pass over the text. What is no JSON at all may pass: the parser behind it says so better. */
function checkNesting(text: string): void {
  /** keys of the objects that are open; undefined stands for a list */
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

/** The place behind the closing quote, or the text's end. */
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
