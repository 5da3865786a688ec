import { describe, expect, it } from "vitest";
import { ablationReport } from "./report.ts";
import { rowsOf } from "./rows.ts";
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
    expect(
      rowsOf({ table: ["components"], backbones: [], vary: [] }).map(({ name, paper }) => [name, paper["raf-db"]]),
    ).toEqual([
      ["coop", 86.15],
      ["+vp", 88.47],
      ["+proto", 89.42],
      ["+spa", 91.18],
      ["mpa", 92.51],
    ]);
    const prompts = rowsOf({ table: ["prompts"], backbones: [], vary: [] });
    expect(prompts).toHaveLength(12);
    expect(prompts[3]).toEqual({
      name: "CoOp + soft-hard (1)",
      options: { variant: "+spa", visualPrompts: 0, gamma: 0, hardPrompt: 1, softText: "hard-prompt" },
      paper: { "raf-db": 87.56, ferplus: 88.88 },
    });
    expect(
      rowsOf({ table: ["prototypes"], backbones: [], vary: [] }).map(({ options }) => options.prototypeImages),
    ).toEqual([1, 4, 16, 32, 64, "all"]);
    const backbones = rowsOf({ table: ["backbones"], backbones: ["openai/clip-vit-large-patch14", "mine"], vary: [] });
    expect(backbones.map(({ paper }) => paper.ferplus)).toEqual([91.81, undefined]);
    expect(backbones.map(({ paperMegabytes }) => paperMegabytes)).toEqual([0.443, undefined]);
  });
});

describe("a finished table", () => {
  const runs = [{ seed: 1, accuracy: 0.5, uar: 0.4 }];
  const rows: readonly RowSummary[] = [
    {
      name: "coop",
      accuracy: { mean: 0.5, sd: 0.01 },
      uar: { mean: 0.4 },
      runs,
      parameters: 40960,
      mebibytes: 0.078125,
    },
    {
      ...{ name: "+vp", accuracy: { mean: 0.48 }, uar: { mean: 0.45 }, runs, parameters: 114688, mebibytes: 0.21875 },
      ...{ paper: 88.47, paperMegabytes: 0.218 },
      gain: { difference: -0.02, interval: [-0.03, 0.01], p: 0.2 },
    },
  ];
  const at = "2026-01-02T03:04:05.000Z";
  const tested = rows.map((row) => ({ ...row, test: { accuracy: { mean: 0.41 }, uar: { mean: 0.3 }, runs } }));
  const opened = { split: "valid", seeds: [1], testOpened: { first: at, last: at } };

  it("is Markdown that says what does not compare", () => {
    const text = markdownTable(rows, { split: "valid", seeds: [1, 2] });
    expect(text).toContain("| `coop` | 50.00 % ± 1.00 | 40.00 % |  |  | 40960 | 0.078 |  |");
    expect(text).toContain("| `+vp` | 48.00 % | 45.00 % | −2.00 (−3.00 … +1.00) | 0.200 | 114688 | 0.219 | 88.47 |");
    expect(text).toMatch(/chosen on this very split/);
    expect(text).toMatch(/does not compare/);
    expect(text).toContain('Table 4 gives 0.218 "MB" for +vp');
    expect(text).not.toMatch(/test split/i);
    expect(markdownTable(rows, { split: "test", seeds: [1] })).not.toMatch(/chosen on this very split/);
  });

  it("has the test split's figures below, with when it was opened", () => {
    const text = markdownTable(tested, opened);
    expect(text).toContain("## The test split");
    expect(text).toContain("| `coop` | 41.00 % | 30.00 % |  |  |");
    expect(text).toContain("Opened after every run was done, at 2026-01-02 03:04 UTC, once for each run");
  });

  it("says first what the paper's protocol makes of it", () => {
    const protocol = "paper protocol: …";
    const text = markdownTable(rows, { split: "test", seeds: [1], protocol, testOpened: opened.testOpened });
    expect(text).toContain("**Not a figure of unseen data — paper protocol: ….**");
    expect(text).not.toContain("nothing was chosen by it");
  });

  it("is comma-separated values", () => {
    expect(csvTable(rows).split("\r\n").slice(0, 2)).toEqual([
      "row,accuracy,accuracy_sd,uar,uar_sd,gain,gain_low,gain_high,p,parameters,mebibytes,paper",
      "coop,0.5,0.01,0.4,,,,,,40960,0.078125,",
    ]);
    const [head, first] = csvTable(tested).split("\r\n");
    expect(head).toMatch(/paper,test_accuracy,test_accuracy_sd,test_uar,test_uar_sd,test_gain,.*,test_p$/);
    expect(first).toBe("coop,0.5,0.01,0.4,,,,,,40960,0.078125,,0.41,,0.3,,,,,");
  });

  it("is a page of its own that loads nothing", () => {
    const page = ablationReport({
      ...{ table: "components", dataset: "raf-db", backbone: "tiny", rows: tested, notes: opened, record: { a: 1 } },
    });
    expect(page).toContain("<h1>Table 1: the parts of the method</h1>");
    expect(page).toContain("48.00 %");
    expect(page.match(/<svg/g)).toHaveLength(4);
    expect(page).not.toMatch(/<script|(src|href)="(?!data:)/i);
  });
});
