import type { Sampler } from "./sampler.ts";
import { epochOrder } from "./selection.ts";

/** Each image once an epoch (METHOD.md, Training). */
export const uniformSampler: Sampler = {
  name: "uniform",
  order: ({ labels, seed, epoch, shuffle }) => epochOrder({ size: labels.length, seed, epoch, shuffle }),
};
