/** Round values along an axis. */

/** Ticks from at most `low` to at least `high`, 1, 2 or 5 times a power of ten apart, and the decimals that tell them apart. */
export interface Ticks {
  readonly values: readonly number[];
  readonly decimals: number;
}

/** Ticks with at most `most` intervals between `low` and `high` > `low`, one more on either side where these are not round. */
export function ticksOf(low: number, high: number, most: number): Ticks {
  const raw = (high - low) / most;
  const power = Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((each) => raw <= each * 10 ** power * (1 + tolerance)) ?? 10;
  const exponent = factor === 10 ? power + 1 : power;
  const leading = factor === 10 ? 1 : factor;
  // Multiples are counted in whole numbers, and powers below one divided by, so that 0.3 is not 0.30000000000000004.
  const at = (count: number) => (exponent < 0 ? (count * leading) / 10 ** -exponent : count * leading * 10 ** exponent);
  const first = Math.floor(low / at(1) + tolerance);
  const last = Math.ceil(high / at(1) - tolerance);
  return {
    values: Array.from({ length: last - first + 1 }, (_, i) => at(first + i)),
    decimals: Math.max(0, -exponent),
  };
}

const tolerance = 1e-9;
