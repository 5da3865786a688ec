/**
 * Checks reports of `bench --report` and of PyTorch beside them, and prints them as one table:
 *
 *   npm run bench:reports -- results/*.json results/pytorch.jsonl
 *
 * Ends with an error where a file is no report, or a report has nodes that another provider ran than the one that was asked for.
 */
import { readFile } from "node:fs/promises";
import { readBenchReport } from "../../src/runs/bench/report.ts";
import { faultOf, peerRow, reportRow, rowsTable } from "./rows.ts";

const files = process.argv.slice(2);
if (files.length === 0) throw new Error("name the files of reports");
const rows = [];
let failed = false;
for (const file of files) {
  if (file.endsWith(".jsonl")) {
    const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line.trim() !== "");
    rows.push(...lines.map((line) => peerRow(JSON.parse(line))));
    continue;
  }
  const report = await readBenchReport(file);
  const fault = faultOf(report);
  if (fault !== undefined) {
    failed = true;
    process.stderr.write(`${file}: ${fault}\n`);
  }
  rows.push(reportRow(report));
}
process.stdout.write(rowsTable(rows));
if (failed) process.exitCode = 1;
