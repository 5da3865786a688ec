/** Two symbols that become one; those that come first in the list are merged first. */
export type Merge = readonly [left: string, right: string];

/** Marks the end of a word in the symbols of the vocabulary. */
export const wordEnd = "</w>";

/** The 256 printable characters that stand for bytes in the vocabulary, by byte. */
export const byteSymbols: readonly string[] = makeByteSymbols();

const cacheSize = 16_384;

/**
 * Splits words into the symbols of a byte-pair vocabulary (Sennrich et al. 2016) as OpenAI's CLIP does: a word's UTF-8
 * bytes, the last one marked with `</w>`, merged in the order of `merges`. The latest words are kept.
 */
export function createBytePairs(merges: readonly Merge[]): (word: string) => readonly string[] {
  const ranks = new Map(merges.map(([left, right], rank) => [`${left} ${right}`, rank]));
  const cache = new Map<string, readonly string[]>();
  const encoder = new TextEncoder();
  return (word) => {
    const known = cache.get(word);
    if (known !== undefined) return known;
    const symbols = Array.from(encoder.encode(word), (byte) => byteSymbols[byte]);
    symbols[symbols.length - 1] += wordEnd;
    const merged = mergeAll(symbols, ranks);
    if (cache.size >= cacheSize) cache.clear();
    cache.set(word, merged);
    return merged;
  };
}

function mergeAll(start: readonly string[], ranks: ReadonlyMap<string, number>): readonly string[] {
  let symbols = start;
  while (symbols.length > 1) {
    const best = firstPair(symbols, ranks);
    if (best === undefined) return symbols;
    symbols = mergePair(symbols, best);
  }
  return symbols;
}

function firstPair(symbols: readonly string[], ranks: ReadonlyMap<string, number>): Merge | undefined {
  let lowest = Number.POSITIVE_INFINITY;
  let best: Merge | undefined;
  for (let i = 0; i + 1 < symbols.length; i++) {
    const rank = ranks.get(`${symbols[i]} ${symbols[i + 1]}`) ?? Number.POSITIVE_INFINITY;
    if (rank >= lowest) continue;
    lowest = rank;
    best = [symbols[i], symbols[i + 1]];
  }
  return best;
}

function mergePair(symbols: readonly string[], [left, right]: Merge): string[] {
  const out: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) out.push(left + symbols[++i]);
    else out.push(symbols[i]);
  }
  return out;
}

/** Printable Latin-1 stands for itself; the other bytes, in order, are U+0100 on, for none may be white space. */
function makeByteSymbols(): string[] {
  const isPrintable = (byte: number) => (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrintable(byte) ? byte : next++));
}
