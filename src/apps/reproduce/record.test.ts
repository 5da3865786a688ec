import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { recordSchema } from "./record.ts";
import { recordMarkdown } from "./recordText.ts";

const trial = JSON.parse(readFileSync(join(import.meta.dirname, "../../../docs/records/reproduce-trial.json"), "utf8"));

it("accepts the recorded trial, which is no reproduction", () => {
  const record = recordSchema.parse(trial);
  expect(record.isReproduction).toBe(false);
  expect(record.difference).toBeUndefined();
  expect(record.deviations).toHaveLength(5);
  const mean = record.runs.reduce((sum, { accuracy }) => sum + accuracy, 0) / record.runs.length;
  expect(record.accuracy.mean).toBeCloseTo(mean, 12);
  expect(recordMarkdown(record)).toMatch(/^# Trial on ferplus, not a reproduction\n/);
});

it("shows the difference of a reproduction beside the paper's figure", () => {
  const record = recordSchema.parse({ ...trial, isReproduction: true, deviations: [], difference: -1.234 });
  const text = recordMarkdown(record);
  expect(text).toMatch(/^# Reproduction of ferplus\n/);
  expect(text).toContain("| the paper, ViT-B/16 (Table 4) | 91.15 % |");
  expect(text).toContain("| difference, points | -1.23 |");
});

it("rejects fields that nobody knows, shares above 1, and hashes that are none", () => {
  const faults = [{ host: "h" }, { accuracy: { mean: 91.15 } }, { prompts: { sha256: "abc", hard: [] } }, { runs: [] }];
  for (const fault of faults) expect(recordSchema.safeParse({ ...trial, ...fault }).success).toBe(false);
});
