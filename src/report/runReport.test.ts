import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import type { MetricRecord } from "../evaluation/metricRecord.ts";
import { scoreClassification } from "../evaluation/metrics.ts";
import { lossCurves, validationCurve } from "./curves.ts";
import { runReport } from "./runReport.ts";

const metrics = scoreClassification({
  probabilities: [0.9, 0.1, 0.6, 0.4, 0.2, 0.8],
  labels: [0, 1, 1],
  classes: ["<calm>", "happiness"],
});
const records: readonly MetricRecord[] = [
  { kind: "step", step: 1, lr: 0.1, L_vt: 2, L_total: 3 },
  { kind: "step", step: 2, lr: 0.1, L_vt: 1, L_total: 2 },
  { kind: "epoch", step: 2, epoch: 0, L_vt: 1.5, L_total: 2.5, validation: metrics },
];

describe("curves", () => {
  it("take each loss term's steps and epochs from the records, and nothing else", () => {
    expect(lossCurves(records)).toEqual([
      {
        name: "L_vt",
        steps: [
          { step: 1, value: 2 },
          { step: 2, value: 1 },
        ],
        epochs: [{ step: 2, value: 1.5 }],
      },
      {
        name: "L_total",
        steps: [
          { step: 1, value: 3 },
          { step: 2, value: 2 },
        ],
        epochs: [{ step: 2, value: 2.5 }],
      },
    ]);
  });

  it("number epochs from 1", () => {
    expect(validationCurve(records)).toEqual([{ epoch: 1, accuracy: 2 / 3, uar: 0.75 }]);
  });
});

describe("a run's report", () => {
  const text = runReport({
    ...{ variant: "mpa", dataset: "folder", backbone: "tiny", seed: 1, finished: true, steps: 2, epochs: 1 },
    ...{ best: { epoch: 0 }, metrics, records, manifest: { config: { note: "</pre><script>" } } },
  });
  const { document } = parseHTML(text);
  const cells = (selector: string) =>
    [...document.querySelectorAll(selector)].map(({ textContent }) => textContent?.trim());

  it("shows the figures, the confusion matrix and a curve a term", () => {
    expect(cells("table:first-of-type tbody td").slice(0, 4)).toEqual(["66.67 %", "75.00 %", "30.00 %", "3"]);
    expect(cells(".confusion td")).toEqual(["1", "0", "1", "1"]);
    expect(cells(".confusion tbody th")).toEqual(["<calm>", "happiness"]);
    expect(cells("figcaption").slice(-2)).toEqual(["L_vt, 1.500 at step 2", "L_total, 2.500 at step 2"]);
    expect(document.querySelectorAll("figure svg path").length).toBeGreaterThan(0);
  });

  it("needs nothing from elsewhere and runs nothing", () => {
    expect(text).not.toMatch(/<script/i);
    expect(text).not.toMatch(/(src|href)="(?!data:)/i);
    expect(text.replaceAll(/http:\/\/www\.w3\.org\/\S+/g, "")).not.toMatch(/https?:\/\//);
  });

  it("leaves out what was not measured", () => {
    const bare = runReport({
      ...{ variant: "coop", dataset: "folder", backbone: "tiny", seed: 1, finished: false, steps: 0, epochs: 0 },
      ...{ records: [], manifest: {} },
    });
    const headings = [...parseHTML(bare).document.querySelectorAll("h2")].map((each) => each.textContent);
    expect(headings).toEqual(["The record"]);
  });
});
