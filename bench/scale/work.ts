/** Simulated work of a step: messages of ViT-B/16's sizes, and micro-batches that take a fixed time and no CPU. */
import { setTimeout as wait } from "node:timers/promises";
import type { Feeds } from "../../src/graph/runtime/session.ts";
import type { RunMicroBatch } from "../../src/runs/shared/exchange.ts";

/** Visual prompts [12,8,768] and θ [8,512]; their gradients have the same sizes. */
const shapes = { "vision.prompts": 12 * 8 * 768, "text.features": 8 * 512 };

export const feeds = (): Feeds =>
  Object.fromEntries(Object.entries(shapes).map(([name, length]) => [name, new Float32Array(length).fill(0.5)]));

/** Micro-batches that take this many milliseconds each. */
export const timedMicroBatch =
  (milliseconds: number): RunMicroBatch =>
  async ({ step, microBatch }) => {
    await wait(milliseconds);
    const results = Object.fromEntries(Object.entries(feeds()).map(([name, values]) => [`gradient.${name}`, values]));
    return { step, microBatch, took: milliseconds, bad: [], results: { L_vt: Float32Array.of(1), ...results } };
  };

export interface TimedSteps {
  readonly training: string;
  readonly steps: number;
  readonly parts: number;
  /** milliseconds of a micro-batch */
  readonly part: number;
}
