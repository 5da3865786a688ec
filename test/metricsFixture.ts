/** Metrics of scikit-learn and SciPy for one set of predictions (tools/fixtures/metrics.py). */
import { readFileSync } from "node:fs";
import { z } from "zod";

const numbers = z.array(z.number());

export const expected = z
  .object({
    ...{ probabilities: z.array(numbers), labels: numbers, confusion: z.array(numbers) },
    ...{ accuracy: z.number(), uar: z.number(), temperature: z.number(), logLoss: z.number() },
    ...{ ece: z.number(), reliability: z.array(z.tuple([z.number(), z.number(), z.number()])) },
    ...{ precision: numbers, recall: numbers, f1: numbers, support: numbers },
    wilson: z.array(z.tuple([z.number(), z.number(), z.number(), z.number()])),
  })
  .parse(JSON.parse(readFileSync(new URL("fixtures/metrics/metrics.json", import.meta.url), "utf8")));

/** [images] */
export const { labels } = expected;
export const classes = expected.support.length;
/** [images, classes] */
export const probabilities = Float32Array.from(expected.probabilities.flat());
