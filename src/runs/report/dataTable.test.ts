import { expect, it } from "vitest";
import { type DataTable, htmlTable, latexTable, markdownTable, tableCsv } from "./dataTable.ts";

const table: DataTable = {
  columns: [
    { head: "row", format: "plain" },
    { head: "accuracy", format: "percent", best: true },
    { head: "gain", format: "points" },
    { head: "p", format: "decimal" },
  ],
  rows: [
    ["a_b", { value: 0.5, sd: 0.01 }, undefined, undefined],
    ["c & d", { value: 0.75, sd: 0.02 }, { value: -0.25, interval: [-0.3, 0.1] }, 0.04],
  ],
};

it("is LaTeX with booktabs, the best in bold", () => {
  expect(latexTable(table, "100 % of them.", "all")).toBe(`% needs \\usepackage{booktabs}
\\begin{table}[t]
  \\centering\\small\\setlength{\\tabcolsep}{4pt}
  \\caption{100 \\% of them.}
  \\label{tab:all}
  \\begin{tabular}{lrrr}
    \\toprule
    row & accuracy (\\%) & gain (points) & p \\\\
    \\midrule
    a\\_b & 50.00 $\\pm$ 1.00 & – & – \\\\
    c \\& d & \\textbf{75.00 $\\pm$ 2.00} & $-$25.00 ($-$30.00 to +10.00) & 0.040 \\\\
    \\bottomrule
  \\end{tabular}
\\end{table}
`);
});

it("spans both columns of a paper in LaTeX where one is too narrow", () => {
  const wide = { ...table, rows: [["x".repeat(40), 0.5, undefined, undefined]] };
  expect(latexTable(wide, "", "wide")).toMatch(/\\begin\{table\*\}.*\\end\{table\*\}/s);
});

it("is Markdown", () => {
  expect(markdownTable(table)).toBe(`| row | accuracy (%) | gain (points) | p |
|---|---:|---:|---:|
| a\\_b | 50.00 ± 1.00 | – | – |
| c \\& d | **75.00 ± 2.00** | −25.00 (−30.00 to +10.00) | 0.040 |
`);
});

it("is CSV with unrounded numbers, and columns for deviations and intervals", () => {
  expect(tableCsv(table).split("\r\n")).toEqual([
    "row,accuracy,accuracy sd,gain,gain low,gain high,p",
    "a_b,0.5,0.01,,,,",
    "c & d,0.75,0.02,-0.25,-0.3,0.1,0.04",
    "",
  ]);
});

it("marks all best rows that print the same, and none of a single row", () => {
  const bold = (values: readonly number[]) =>
    [
      ...htmlTable({ ...table, rows: values.map((value) => ["", value, undefined, undefined]) }).text.matchAll(
        /class="best">([\d.]+)/g,
      ),
    ].map(([, text]) => text);
  expect(bold([0.75, 0.750001, 0.5])).toEqual(["75.00", "75.00"]);
  expect(bold([0.75])).toEqual([]);
});
