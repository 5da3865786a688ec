/** Mean and standard deviation of a figure over the seeds of a run. */

/** Mean and standard deviation over seeds. */
export interface Spread {
  readonly mean: number;
  /** standard deviation over seeds (n − 1); absent for one seed */
  readonly sd?: number;
}

/** Mean and sample standard deviation of some values. */
export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  if (values.length === 1) return { mean };
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, sd: Math.sqrt(squares / (values.length - 1)) };
}
