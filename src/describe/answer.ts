/** From what a language model wrote to phrases. */

/** What a usable answer has. */
const mostPhrases = 12;
const mostWords = 12;

/**
 * The phrases of an answer in the form that was asked for ("… include: a, b, and c"), or of a list of bullets or numbers. A
 * bullet's explanation after a colon or dash is left out. Gives the reason where the answer cannot be used: it is empty, in no
 * such form (a refusal, chatter), or has phrases that are none.
 */
export function parseAnswer(text: string): { readonly phrases: readonly string[] } | { readonly fault: string } {
  const plain = text.replaceAll(/```\w*|\*\*|__/g, "").trim();
  if (plain === "") return { fault: "the answer is empty" };
  const parts = bullets(plain) ?? enumeration(plain);
  if (parts === undefined) return { fault: `the answer is in no known form: "${start(plain)}"` };
  const phrases = [...new Set(parts.map(phraseOf).filter((phrase) => phrase !== ""))];
  if (phrases.length === 0) return { fault: `the answer names nothing: "${start(plain)}"` };
  if (phrases.length > mostPhrases) return { fault: `the answer has ${phrases.length} phrases` };
  const long = phrases.find((phrase) => phrase.split(" ").length > mostWords);
  return long === undefined ? { phrases } : { fault: `this is no phrase: "${start(long)}"` };
}

const bullet = /^\s*(?:[-*•–]|\d{1,2}[.)])\s+/;

/** Lines that are items of a list, where there are two or more. */
function bullets(text: string): string[] | undefined {
  const items = text.split("\n").filter((line) => bullet.test(line));
  if (items.length < 2) return undefined;
  return items.map((line) => line.replace(bullet, "").split(/:\s|\s[–—-]\s/)[0]);
}

/** What stands behind "include:" or "are:", up to the end of its line or paragraph. */
function enumeration(text: string): string[] | undefined {
  const lead = /\b(?:includes?|are)\s*:\s*/i.exec(text);
  if (lead === null) return undefined;
  const [first] = text.slice(lead.index + lead[0].length).split(/\n/);
  return first.split(/[,;]|(?<=[a-z])\.\s/).map((part) => part.replace(/^\s*(?:and|or)\s+/i, ""));
}

/** Without quotes, brackets' content and the full stop; a capital at the start becomes small unless more follow. */
function phraseOf(part: string): string {
  const bare = part
    .replaceAll(/\([^)]*\)|["“”']/g, "")
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/[.!,;:]+$/, "");
  return /^[A-Z](?![A-Z])/.test(bare) ? bare[0].toLowerCase() + bare.slice(1) : bare;
}

const start = (text: string): string => {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= 80 ? line : `${line.slice(0, 80)}…`;
};
