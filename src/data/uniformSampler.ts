import type { Sampler } from "./sampler.ts";
import { epochOrder } from "./selection.ts";

/** Each image once an epoch (docs/method.md, A step of training). */
export const uniformSampler: Sampler = {
  name: "uniform",
  order: ({ labels, seed, epoch, shuffle }) => epochOrder({ size: labels.length, seed, epoch, shuffle }),
};
