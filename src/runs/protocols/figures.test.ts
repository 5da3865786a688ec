/** Figures of the recorded protocols: what is drawn, and the values behind it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Figure } from "../report/figure.ts";
import { figureSvg } from "../report/figure.ts";
import { protocolFigures } from "./figures.ts";

const records = join(import.meta.dirname, "../../../docs/records/protocols");
const factsOf = (name: string) => JSON.parse(readFileSync(join(records, `${name}.json`), "utf8"));
const figuresOf = (name: string): readonly Figure[] => protocolFigures(factsOf(name));

it.each([
  ["few-shot", ["few-shot", "table"]],
  ["base-to-new", ["base-to-new", "table", "summary"]],
  ["cross-data", ["cross-data", "table"]],
  ["leave-one-class-out", ["left-out", "table", "summary"]],
  ["k-fold", ["folds", "table", "summary"]],
])("draws %s at both widths, with its table", (name, names) => {
  const figures = figuresOf(name);
  expect(figures.map((figure) => figure.name)).toEqual(names);
  for (const [width, pixels] of [
    ["column", 312],
    ["page", 648],
  ] as const) {
    const svg = figureSvg(figures[0], width);
    expect(svg).toContain(`width="${pixels}"`);
    expect(svg).not.toContain("NaN");
  }
});

it("draws zero-shot as a line beside the numbers of shots, and not as one of them", () => {
  const [{ data, caption }] = figuresOf("few-shot");
  expect(data.rows.map(([name]) => name)).toEqual(["zero-shot", "1", "2", "4", "8", "16"]);
  expect(data.rows[0][1]).toEqual({
    value: factsOf("few-shot").rows[0].scores[0].accuracy.mean,
    sd: expect.closeTo(0, 12),
  });
  expect(caption).toContain("Dotted: zero-shot");
  const { rows, ...facts } = factsOf("few-shot");
  const [older] = protocolFigures({ ...facts, rows: rows.slice(1) });
  expect(older.caption).not.toContain("zero-shot");
});

it("has a bar of the harmonic mean beside those of base and new classes", () => {
  const { rows, summary } = factsOf("base-to-new");
  const [{ data }] = figuresOf("base-to-new");
  expect(data.rows.map(([part, method]) => `${method} ${part}`)).toEqual([
    ...["zero-shot base", "zero-shot new", "zero-shot harmonic mean"],
    ...["trained base", "trained new", "trained harmonic mean"],
  ]);
  const values = data.rows.map(([, , cell]) => (typeof cell === "object" ? cell.value : Number.NaN));
  expect(values[4]).toBeCloseTo(rows[1].scores[1].accuracy.mean, 10);
  expect(values[5]).toBeCloseTo(summary[1].value.mean, 10);
});

it("says in every caption of the paper's protocol that its figures are of seen data", () => {
  for (const { caption } of protocolFigures({ ...factsOf("cross-data"), caveat: "chosen on test" }))
    expect(caption).toMatch(/^Not a figure of unseen data: chosen on test\./);
});
