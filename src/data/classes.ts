/**
 * The eight expressions in FER+ column order, which is the order of its votes and of logits (docs/method.md, Text features).
 * A prompt uses these names as they stand.
 */
export const ferClasses = [
  "neutral",
  "happiness",
  "surprise",
  "sadness",
  "anger",
  "disgust",
  "fear",
  "contempt",
] as const;

export type FerClass = (typeof ferClasses)[number];
