import { describe, expect, it } from "vitest";
import { ablationReport } from "./report.ts";
import type { RowSummary } from "./summary.ts";
import { csvTable, markdownTable } from "./table.ts";

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
      gain: { difference: -0.02, interval: [-0.03, 0.01], p: 0.2, seeds: 2 },
    },
  ];
  const at = "2026-01-02T03:04:05.000Z";
  const tested = rows.map((row) => ({ ...row, test: { accuracy: { mean: 0.41 }, uar: { mean: 0.3 }, runs } }));
  const opened = { split: "valid", seeds: [1], testOpened: { first: at, last: at } };

  it("is Markdown with notes on what is not comparable", () => {
    const text = markdownTable(rows, { split: "valid", seeds: [1, 2] });
    expect(text).toContain("| `coop` | 50.00 % ± 1.00 | 40.00 % |  |  | 40960 | 0.078 |  |");
    expect(text).toContain("| `+vp` | 48.00 % | 45.00 % | −2.00 (−3.00 … +1.00) | 0.200 | 114688 | 0.219 | 88.47 |");
    expect(text).toMatch(/chosen on this very split/);
    expect(text).toMatch(/does not compare/);
    expect(text).toContain('Table 4 gives 0.218 "MB" for +vp');
    expect(text).not.toMatch(/test split/i);
    expect(markdownTable(rows, { split: "test", seeds: [1] })).not.toMatch(/chosen on this very split/);
  });

  it("has the figures of the test split below, with the date of its opening", () => {
    const text = markdownTable(tested, opened);
    expect(text).toContain("## The test split");
    expect(text).toContain("| `coop` | 41.00 % | 30.00 % |  |  |");
    expect(text).toContain(
      "Evaluated on the test split after every run was done, at 2026-01-02 03:04 UTC, once for each run",
    );
  });

  it("starts with the caveat of the paper's protocol", () => {
    const protocol = "paper protocol: …";
    const text = markdownTable(rows, { split: "test", seeds: [1], protocol, testOpened: opened.testOpened });
    expect(text).toContain("**Not a figure of unseen data — paper protocol: ….**");
    expect(text).not.toContain("nothing was chosen by it");
  });

  it("is CSV", () => {
    expect(csvTable(rows).split("\r\n").slice(0, 2)).toEqual([
      "row,accuracy,accuracy_sd,uar,uar_sd,gain,gain_low,gain_high,p,parameters,mebibytes,paper",
      "coop,0.5,0.01,0.4,,,,,,40960,0.078125,",
    ]);
    const [head, first] = csvTable(tested).split("\r\n");
    expect(head).toMatch(/paper,test_accuracy,test_accuracy_sd,test_uar,test_uar_sd,test_gain,.*,test_p$/);
    expect(first).toBe("coop,0.5,0.01,0.4,,,,,,40960,0.078125,,0.41,,0.3,,,,,");
  });

  it("is a self-contained page", () => {
    const page = ablationReport({
      ...{ table: "components", dataset: "raf-db", backbone: "tiny", rows: tested, notes: opened, record: { a: 1 } },
      origin: { command: "figures runs/table", record: "table.json", sha256: "0123", version: "0.1.0" },
    });
    expect(page).toContain("<h1>Table 1: the parts of the method</h1>");
    expect(page).toContain(">48.00</td>");
    expect(page.match(/<svg/g)).toHaveLength(8);
    expect(page).not.toMatch(/<script|(src|href)="(?!data:)/i);
  });
});
