/** Order and choice of the frames of a clip. */

/** Sorts file names by the last number in them, which may lack leading zeros, then by name. */
export const inTime = (names: readonly string[]): string[] =>
  names.toSorted((a, b) => numberOf(a) - numberOf(b) || (a < b ? -1 : 1));

const numberOf = (name: string): number => Number(/(\d+)\D*$/.exec(name)?.[1] ?? 0);

/** Up to `n` items: all of them, or those in the middle of n equal parts. */
export const evenlySpaced = <T>(items: readonly T[], n: number): T[] =>
  items.length <= n
    ? [...items]
    : Array.from({ length: n }, (_, i) => items[Math.floor(((i + 0.5) * items.length) / n)]);
