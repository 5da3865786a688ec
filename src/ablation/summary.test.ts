import { describe, expect, it } from "vitest";
import { rowsOf } from "./cells.ts";
import { gainOver, type RowSummary, spread } from "./summary.ts";
import { csvTable, markdownTable } from "./table.ts";

const run = (seed: number, hits: readonly number[]) => ({
  ...{ seed, hits, uar: 0.5 },
  accuracy: hits.reduce((sum, hit) => sum + hit, 0) / hits.length,
});
/** Right for the first `right` of n images. */
const first = (right: number, n: number) => Array.from({ length: n }, (_, i) => (i < right ? 1 : 0));

describe("spread", () => {
  it("is the mean and the deviation over seeds", () => {
    expect(spread([0.7, 0.8, 0.9])).toEqual({ mean: expect.closeTo(0.8, 12), sd: expect.closeTo(0.1, 12) });
    expect(spread([0.7])).toEqual({ mean: 0.7 });
  });
});

describe("the gain over the row above", () => {
  it("is sure where the same images gain", () => {
    const gain = gainOver([run(1, first(100, 200))], [run(1, first(130, 200))]);
    expect(gain.difference).toBeCloseTo(0.15, 12);
    expect(gain.interval[0]).toBeGreaterThan(0.09);
    expect(gain.interval[1]).toBeLessThan(0.21);
    expect(gain.p).toBeLessThan(0.001);
  });

  it("is nothing where as many images are lost as won", () => {
    const lost = Array.from({ length: 200 }, (_, i) => (i >= 100 ? 1 : 0));
    const gain = gainOver([run(1, first(100, 200))], [run(1, lost)]);
    expect(gain.difference).toBe(0);
    expect(gain.interval[0]).toBeLessThan(0);
    expect(gain.interval[1]).toBeGreaterThan(0);
    expect(gain.p).toBeGreaterThan(0.5);
  });

  it("takes the seeds' mean of each image", () => {
    const above = [run(1, [0, 0, 1, 1]), run(2, [0, 0, 1, 1])];
    expect(gainOver(above, [run(1, [1, 0, 1, 1]), run(2, [0, 0, 1, 1])]).difference).toBe(0.125);
  });
});

describe("the paper's tables", () => {
  it("have its rows and its figures", () => {
    expect(rowsOf("components", []).map(({ name, paper }) => [name, paper["raf-db"]])).toEqual([
      ["coop", 86.15],
      ["+vp", 88.47],
      ["+proto", 89.42],
      ["+spa", 91.18],
      ["mpa", 92.51],
    ]);
    const prompts = rowsOf("prompts", []);
    expect(prompts).toHaveLength(12);
    expect(prompts[3]).toEqual({
      name: "CoOp + soft-hard (1)",
      options: { variant: "+spa", visualPrompts: 0, gamma: 0, hardPrompt: 1, softText: "hard-prompt" },
      paper: { "raf-db": 87.56, ferplus: 88.88 },
    });
    expect(rowsOf("prototypes", []).map(({ options }) => options.prototypeImages)).toEqual([1, 4, 16, 32, 64, "all"]);
    const backbones = rowsOf("backbones", ["openai/clip-vit-large-patch14", "mine"]);
    expect(backbones.map(({ paper }) => paper.ferplus)).toEqual([91.81, undefined]);
  });
});

describe("a finished table", () => {
  const rows: readonly RowSummary[] = [
    { name: "coop", accuracy: { mean: 0.5, sd: 0.01 }, uar: { mean: 0.4 }, parameters: 40960, mebibytes: 0.078125 },
    {
      ...{
        name: "+vp",
        accuracy: { mean: 0.48 },
        uar: { mean: 0.45 },
        parameters: 114688,
        mebibytes: 0.21875,
        paper: 88.47,
      },
      gain: { difference: -0.02, interval: [-0.03, 0.01], p: 0.2 },
    },
  ];

  it("is Markdown that says what does not compare", () => {
    const text = markdownTable(rows, "valid", [1, 2]);
    expect(text).toContain("| `coop` | 50.00 % ± 1.00 | 40.00 % |  |  | 40960 | 0.078 |  |");
    expect(text).toContain("| `+vp` | 48.00 % | 45.00 % | −2.00 (−3.00 … +1.00) | 0.200 | 114688 | 0.219 | 88.47 |");
    expect(text).toMatch(/chosen on this very split/);
    expect(text).toMatch(/does not compare/);
    expect(markdownTable(rows, "test", [1])).not.toMatch(/chosen on this very split/);
  });

  it("is comma-separated values", () => {
    expect(csvTable(rows).split("\n").slice(0, 2)).toEqual([
      "row,accuracy,accuracy_sd,uar,uar_sd,gain,gain_low,gain_high,p,parameters,mebibytes,paper",
      '"coop",0.5,0.01,0.4,,,,,,40960,0.078125,',
    ]);
  });
});
