import { parseHTML } from "linkedom";
import { describe, expect, it } from "vitest";
import { scoreClassification } from "../../evaluation/metrics.ts";
import { worstMistakes } from "../../evaluation/predictions.ts";
import type { MetricRecord } from "../runFolder.ts";
import { lossCurves, validationCurve } from "./curves.ts";
import { type RunReport, runReport } from "./runReport.ts";

const metrics = scoreClassification({
  probabilities: [0.9, 0.1, 0.6, 0.4, 0.2, 0.8],
  labels: [0, 1, 1],
  classes: ["<calm>", "happiness"],
});
const manifest = {
  ...{ format: "mpa-fer-run/1" as const, finished: true, seed: 1, steps: 2, epochs: 1, selection: "valid" as const },
  ...{ backbone: { name: "tiny", sha256: "" }, learned: { parameters: 1 }, testSplit: { openings: [] } },
  config: {
    ...{ variant: "mpa", dataset: "folder", data: "", labelRule: "plurality" as const, reportFaces: true },
    ...{ seed: 1, lr: 0.032, batchSize: 4, sampler: "uniform", epochs: 3, shuffle: true, paperProtocol: false },
    note: "</pre><script>",
  },
  data: { train: { images: 8, index: "" }, valid: { images: 3, index: "" } },
  ...{ machine: { arch: "x64", processor: "Processor" }, provider: "cpu", seconds: 5400 },
};
const origin = { command: "figures runs/x", record: "run.json", sha256: "0123456789abcdef00", version: "0.1.0" };
const record = { ...manifest, learned: { parameters: 1, bytes: 4 } };
const records: readonly MetricRecord[] = [
  { kind: "step", step: 1, lr: 0.1, L_vt: 2, L_total: 3 },
  { kind: "step", step: 2, lr: 0.1, L_vt: 1, L_total: 2 },
  { kind: "epoch", step: 2, epoch: 0, L_vt: 1.5, L_total: 2.5, validation: metrics },
];

describe("curves", () => {
  it("contain the steps and epochs of each loss term", () => {
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
  const predictions = {
    ...{ files: ["a.png", "b.png", "c.png"], labels: [0, 1, 1], classes: ["<calm>", "happiness"] },
    probabilities: [0.9, 0.1, 0.6, 0.4, 0.2, 0.8],
  };
  const mistakes = { mistakes: worstMistakes(predictions, 5), faces: new Map([["b.png", "AAAA"]]) };
  const intervals = { accuracy: [0.5, 0.875] as const, uar: [0.25, 1] as const };
  const scored = { ...manifest, best: { epoch: 0 }, metrics, intervals };
  const text = runReport({ manifest: scored, origin, record, records, predictions, mistakes });
  const { document } = parseHTML(text);
  const cells = (selector: string) =>
    [...document.querySelectorAll(selector)].map(({ textContent }) => textContent?.trim());

  it("shows the figures, the confusion matrix and one curve per loss term", () => {
    expect(cells("table tbody td").slice(9, 13)).toEqual(["66.67 %", "75.00 %", "30.00 %", "3"]);
    expect(cells("table tbody td").slice(13, 15)).toEqual(["50.00 % – 87.50 %", "25.00 % – 100.00 %"]);
    expect(cells(".confusion td")).toEqual(["1", "0", "1", "1"]);
    expect(cells(".confusion tbody th")).toEqual(["<calm>", "happiness"]);
    expect(cells(".wide svg text")).toEqual(expect.arrayContaining(["L_vt", "L_total", "true class", "accuracy (%)"]));
    expect(document.querySelectorAll("figure svg path").length).toBeGreaterThan(0);
  });

  it("states the settings at the top, and that a subset of the images was used", () => {
    const head = (manifest: RunReport["manifest"]) => {
      const { document } = parseHTML(runReport({ manifest, origin, record, records }));
      return [...document.querySelectorAll("table")[0].querySelectorAll("tr")].slice(1).map((row) => row.textContent);
    };
    expect(head(scored)).toEqual([
      ...["training images8", "validation images3", "trainable parameters1", "learning rate0.032", "batch4 images"],
      ...["sampleruniform", "epochs1 of 3", "machineProcessor (x64), provider cpu", "time1 h 30 min"],
    ]);
    expect(text).not.toContain("Not a full run");
    const limited = { ...scored, config: { ...scored.config, limit: 2, validLimit: 1 } };
    expect(head(limited)[0]).toBe("training images8, at most 2 a class");
    expect(runReport({ manifest: limited, origin, record, records })).toContain(
      "Not a full run: at most 2 training images a class (--limit), at most 1 image a class to choose the epoch on",
    );
  });

  it("distinguishes other data sets from the run's own test split", () => {
    const opening = { at: "2026-01-02T03:04:05Z", checkpoint: "best.safetensors", sha256: "", images: 3 };
    const openings = [{ ...opening, dataset: "raf-db", index: "0123456789", isOwn: false, accuracy: 0.5, uar: 0.25 }];
    const crossed = runReport({ manifest: { ...scored, testSplit: { openings } }, origin, record, records });
    expect(crossed).toContain("The test images were not used");
    expect(crossed).toContain("Other data sets");
    expect(crossed).toContain("raf-db (index 01234567)");
  });

  it("shows the worst mistakes, with faces if they are allowed", () => {
    expect(document.querySelector(".faces img")?.getAttribute("alt")).toBe(
      "a face labelled happiness, taken for <calm>",
    );
    expect(document.querySelector(".faces figcaption")?.textContent?.replaceAll(/\s+/g, " ")).toBe(
      "<calm> 60 %; labelled happiness b.png",
    );
    const without = runReport({
      manifest: scored,
      origin,
      record,
      records,
      predictions,
      mistakes: { mistakes: mistakes.mistakes },
    });
    expect(without).not.toContain("<img");
    expect(without).toContain("b.png");
  });

  it("states the caveat of the paper's protocol, and how often the test split was opened", () => {
    const paper = runReport({ manifest: { ...scored, selection: "test" }, origin, record, records, predictions });
    expect(paper).toContain("Test split, paper protocol");
    expect(paper).toContain("chosen on the test split itself");
    expect(paper).not.toContain("The test images were not used");
    const opening = { at: "2026-01-02T03:04:05Z", checkpoint: "best.safetensors", sha256: "", index: "" };
    const openings = [{ ...opening, images: 3, accuracy: 0.5, uar: 0.25 }];
    const opened = runReport({ manifest: { ...scored, testSplit: { openings } }, origin, record, records });
    expect(opened).toContain("2026-01-02 03:04");
    expect(opened).toContain("The test images were used once.");
  });

  it("shows the complete record as in the file", () => {
    const shown = [...document.querySelectorAll("pre")].map(({ textContent }) => textContent ?? "");
    expect(shown.map((each) => JSON.parse(each))).toEqual([record]);
  });

  it("loads no resources and runs no scripts", () => {
    expect(text).not.toMatch(/<script/i);
    expect(text).not.toMatch(/(src|href)="(?!data:)/i);
    expect(text.replaceAll(/http:\/\/www\.w3\.org\/\S+/g, "")).not.toMatch(/https?:\/\//);
  });

  it("omits what was not measured", () => {
    const bare = runReport({ manifest, origin, record, records: [] });
    const headings = [...parseHTML(bare).document.querySelectorAll("h2")].map((each) => each.textContent);
    expect(headings).toEqual(["The run", "Test", "The record"]);
    expect(bare).toContain("The test images were not used");
  });
});
