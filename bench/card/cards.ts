/** Graphics cards by their makers' figures, and what those predict of a batch's work. A prediction is no measurement. */
import type { Work } from "../../src/graph/work.ts";

/** The kind of products: `fp32` without, `tf32` with tensor cores on single precision, `fp16` with single-precision sums. */
export type Arithmetic = "fp32" | "tf32" | "fp16";

/** Published peaks of a card, without sparsity. */
export interface Card {
  readonly name: string;
  /** matches the adapter's name as drivers tell it */
  readonly adapter: RegExp;
  /** 10¹² floating-point operations a second by arithmetic; what a card lacks is absent */
  readonly teraflops: Readonly<Partial<Record<Arithmetic, number>>>;
  /** GB/s */
  readonly bandwidth: number;
  readonly source: string;
}

export const cards: readonly Card[] = [
  {
    name: "NVIDIA H100 SXM",
    adapter: /H100.*(?:HBM3|SXM)/,
    teraflops: { fp32: 67, tf32: 494.7, fp16: 989.4 },
    bandwidth: 3350,
    source: "NVIDIA H100 data sheet; its tensor figures with sparsity are halved",
  },
  {
    name: "NVIDIA A100 40 GB",
    adapter: /A100.*40GB/,
    teraflops: { fp32: 19.5, tf32: 156, fp16: 312 },
    bandwidth: 1555,
    source: "NVIDIA A100 data sheet",
  },
  {
    name: "NVIDIA GeForce RTX 4090",
    adapter: /RTX 4090(?! D| Laptop)/,
    teraflops: { fp32: 82.6, tf32: 82.6, fp16: 165.2 },
    bandwidth: 1008,
    source: "NVIDIA Ada GPU architecture white paper",
  },
  {
    name: "NVIDIA T4",
    adapter: /\bT4\b/,
    teraflops: { fp32: 8.1, fp16: 65 },
    bandwidth: 320,
    source: "NVIDIA T4 data sheet",
  },
  {
    name: "Apple M2, 10 cores",
    adapter: /Apple M2$/,
    teraflops: { fp32: 3.6 },
    bandwidth: 100,
    source: "bandwidth: Apple; operations: ALUs × clock, 2 · 1280 · 1.398 GHz",
  },
];

/** What bounds a prediction. */
export interface Prediction {
  readonly imagesPerSecond: number;
  readonly boundBy: "products" | "memory";
}

/**
 * Images a second of a batch: min(product rate, bandwidth), each at its published peak. Half precision is taken to halve every byte.
 * Undefined where the card has no such arithmetic.
 */
export function predict(card: Card, arithmetic: Arithmetic, work: Work, batch: number): Prediction | undefined {
  const teraflops = card.teraflops[arithmetic];
  if (teraflops === undefined) return undefined;
  const byProducts = (2 * work.multiplyAdds) / (teraflops * 1e12);
  const byMemory = work.bytes / (arithmetic === "fp16" ? 2 : 1) / (card.bandwidth * 1e9);
  return {
    imagesPerSecond: batch / Math.max(byProducts, byMemory),
    boundBy: byProducts >= byMemory ? "products" : "memory",
  };
}

/** The card of an adapter's name, if its figures are known. */
export const cardOf = (adapter: string): Card | undefined => cards.find((card) => card.adapter.test(adapter));
