/** Options of `fc.assert` with a fixed seed, so that a test does not fail by chance. */
export const sameCases = { seed: 20_260_101, numRuns: 100 } as const;
