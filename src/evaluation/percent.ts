import type { Interval } from "./bootstrap.ts";

/** 0.7395 → "73.95 %" */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** [0.72, 0.75] → "72.00 % – 75.00 %" */
export const percentRange = ([low, high]: Interval): string => `${percent(low)} – ${percent(high)}`;
