/** Normalisation of text before tokenizing. */
import { decodeHTML, decodeHTMLStrict } from "entities";

/**
 * Cleans a text as OpenAI's tokenizer does: `ftfy.fix_text`, HTML entities decoded twice, white space collapsed and
 * trimmed, lower case.
 *
 * Implements all of ftfy except the repair of mojibake (text decoded in the wrong encoding, "sÃ³" for "só"), which
 * needs ftfy's statistics of wrong encodings; such text is not changed.
 */
export function cleanText(text: string): string {
  const decoded = decodeEntities(decodeEntities(fixText(text)));
  return decoded.replace(whiteSpaceRuns, " ").replace(/^ | $/g, "").toLowerCase();
}

/** The white space of Python's `str.split()`: `\s` without U+FEFF. */
const whiteSpaceRuns = /[^\S\ufeff]+/g;
/** Control characters other than white space and C1. */
const controls = /(?![\t\n\f\r\x80-\x9f])\p{Cc}/gu;
const terminalColours = new RegExp(`${String.fromCharCode(0x1b)}\\[[\\d;]*[a-zA-Z]`, "g");

/**
 * Applies ftfy's fixes line by line. From the first line with a `<`, the text is treated as HTML, whose entities are not decoded
 * here.
 */
function fixText(text: string): string {
  let isHtml = false;
  return text
    .split(/(?<=\n)/)
    .map((line) => {
      isHtml ||= line.includes("<");
      return fixLine(line, isHtml);
    })
    .join("");
}

/** Applies the fixes until nothing changes, since one may enable another (`&amp;amp;`). */
function fixLine(line: string, isHtml: boolean): string {
  const text = isHtml ? line : line.replace(/&#?[0-9A-Za-z]{1,24};/g, decodeTerminated);
  const fixed = text
    .replace(/[\x80-\x9f]/g, (char) => decodeHTML(`&#${char.charCodeAt(0)};`)) // C1 controls as Windows-1252
    .replace(/[ĲĳŉǄ-ǌǱ-ǳﬀ-ﬆ]/g, (char) => ligatures.get(char) ?? char)
    .replace(/[\u3000\uff01-\uffef]/g, (char) => char.normalize("NFKC"))
    .replace(/[\u201c-\u201f]/g, '"')
    .replace(/[\u02bc\u2018-\u201b]/g, "'")
    .replace(/\r\n|[\r\u2028\u2029\x85]/g, "\n")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .replace(terminalColours, "")
    .replace(controls, "")
    .replace(/[\u206a-\u206f\ufeff\ufff9-\ufffc]/g, "")
    .normalize("NFC");
  return fixed === line ? fixed : fixLine(fixed, isHtml);
}

const ligatures: ReadonlyMap<string, string> = new Map(
  [
    ...["Ĳ:IJ", "ĳ:ij", "ŉ:ʼn", "Ǆ:DŽ", "ǅ:Dž", "ǆ:dž", "Ǉ:LJ", "ǈ:Lj", "ǉ:lj", "Ǌ:NJ", "ǋ:Nj", "ǌ:nj", "Ǳ:DZ", "ǲ:Dz"],
    ...["ǳ:dz", "ﬀ:ff", "ﬁ:fi", "ﬂ:fl", "ﬃ:ffi", "ﬄ:ffl", "ﬅ:ſt", "ﬆ:st"],
  ].map((pair) => [pair[0], pair.slice(2)]),
);

/** Decodes an entity with a semicolon, including lower-case names in capitals (`&EACUTE;`). */
function decodeTerminated(entity: string): string {
  if (entity.startsWith("&#")) {
    const decoded = decodeEntities(entity);
    return decoded.includes(";") ? entity : decoded;
  }
  const decoded = decodeHTMLStrict(entity);
  if (decoded !== entity || entity !== entity.toUpperCase() || decodeHTML(entity) !== entity) return decoded;
  const lower = decodeHTMLStrict(entity.toLowerCase());
  return lower === entity.toLowerCase() ? entity : lower.toUpperCase();
}

/**
 * Decodes entities as Python's `html.unescape`: HTML5, including names without a semicolon; invalid character numbers are removed.
 */
function decodeEntities(text: string): string {
  return text.replace(/&(?:#[0-9]+;?|#[xX][0-9a-fA-F]+;?|[^\t\n\f <&#;]{1,32};?)/g, (entity) => {
    const decoded = decodeHTML(entity);
    return entity[1] === "#" ? decoded.replace(controls, "").replace(/\p{Noncharacter_Code_Point}/gu, "") : decoded;
  });
}
