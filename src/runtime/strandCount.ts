/** How many sessions side by side serve a batch best. */

export interface StrandOptions {
  readonly threads: number;
  readonly provider: string;
  /** the number itself, where the caller knows better: 1 answers a single image soonest */
  readonly strands?: number;
}

/**
 * For a batch of `parts` runs: two where two can share the threads evenly. Each has packed weights of its own, so more of them
 * are never taken unasked.
 */
export function strandCount({ threads, provider, strands }: StrandOptions, parts: number): number {
  if (strands !== undefined) return strands;
  return provider === "cpu" && parts > 1 && threads % 2 === 0 ? 2 : 1;
}
