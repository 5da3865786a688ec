/** Header values with parameters, such as `form-data; name="a"; filename=b.jpg`, quoted or not (RFC 9110, 5.6.6). */

/** Parses the parameters into a map with lower-case names; the first of a repeated name wins. */
export function headerParameters(header: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  let at = header.indexOf(";");
  while (at >= 0 && at < header.length) {
    const [start, name = ""] = matchAt(/[;\s]*([^\s=;"]*)\s*/y, header, at);
    at += start.length;
    if (header[at] !== "=") {
      // A word without a value is not a parameter.
      const next = header.indexOf(";", at);
      at = next < 0 ? header.length : next;
      continue;
    }
    at += matchAt(/=\s*/y, header, at)[0].length;
    const { value, length } = header[at] === '"' ? quoted(header, at) : bare(header, at);
    if (name !== "" && !parameters.has(name.toLowerCase())) parameters.set(name.toLowerCase(), value);
    const next = header.indexOf(";", at + length);
    at = next < 0 ? header.length : next;
  }
  return parameters;
}

/** Decodes an extended value (RFC 8187), such as `utf-8''f%C3%A9lix.jpg`; returns undefined if it is malformed. */
export function extendedValue(text: string): string | undefined {
  const [, charset = "", escaped = ""] = /^([\w-]+)'[\w-]*'(.*)$/s.exec(text) ?? [];
  try {
    if (/^utf-?8$/i.test(charset)) return decodeURIComponent(escaped);
    if (!/^iso-8859-1$/i.test(charset)) return undefined;
    return escaped.replace(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  } catch {
    return undefined;
  }
}

interface Found {
  readonly value: string;
  /** number of characters consumed */
  readonly length: number;
}

function matchAt(pattern: RegExp, text: string, at: number): string[] {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? [""];
}

function bare(header: string, at: number): Found {
  const end = header.indexOf(";", at);
  const text = header.slice(at, end < 0 ? undefined : end);
  return { value: text.trim(), length: text.length };
}

/**
 * Reads a quoted value, which a semicolon or the end of the header follows. `\"` and `\\` are escapes, but browsers and Node escape
 * neither: where that reading ends elsewhere, the backslashes are literal (`filename="C:\"`).
 */
function quoted(header: string, at: number): Found {
  let value = "";
  let end = at + 1;
  for (; end < header.length && header[end] !== '"'; end++) {
    const isEscaped = header[end] === "\\" && (header[end + 1] === '"' || header[end + 1] === "\\");
    value += header[isEscaped ? ++end : end];
  }
  if (end < header.length && /^\s*(?:;|$)/.test(header.slice(end + 1, end + 64)))
    return { value, length: end + 1 - at };
  const first = header.indexOf('"', at + 1);
  return first < 0 ? bare(header, at) : { value: header.slice(at + 1, first), length: first + 1 - at };
}
