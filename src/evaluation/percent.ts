/** 0.7395 → "73.95 %" */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
