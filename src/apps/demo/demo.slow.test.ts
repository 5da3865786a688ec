/** The demo end to end, with so few steps that it tests how the parts work together and not accuracy. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import { afterAll, beforeAll, expect, it } from "vitest";
import { demo } from "./demo.ts";
import { demoSchema } from "./options.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-demo-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("draws faces, trains two variants, scores both and zero-shot on held-out faces, and writes a report", async () => {
  const out = join(folder, "demo");
  const { report, results } = await demo(demoSchema.config.parse({ out, maxSteps: 2, threads: 2 }));
  expect(Object.keys(results)).toEqual(["zero-shot", "coop", "mpa"]);
  for (const { n, accuracy, uar } of Object.values(results)) {
    expect(n).toBe(320);
    // All classes have the same number of faces, so both averages are equal.
    expect(accuracy).toBeCloseTo(uar, 6);
  }
  // Zero-shot, the embedded backbone is better than chance (one in eight).
  expect(results["zero-shot"].accuracy).toBeGreaterThan(0.25);
  expect((await readdir(join(out, "mpa"))).sort()).toEqual([
    "best.safetensors",
    "last.safetensors",
    "metrics.jsonl",
    "predictions.csv",
    "report.html",
    "resume.safetensors",
    "run.json",
  ]);
  const text = await readFile(report, "utf8");
  const { document } = parseHTML(text);
  expect(document.querySelectorAll(".faces img")).toHaveLength(24);
  const first = [...document.querySelectorAll("tbody tr")]
    .slice(0, 3)
    .map((row) => row.querySelector("td")?.textContent);
  expect(first).toEqual(Object.values(results).map(({ accuracy }) => `${(100 * accuracy).toFixed(2)} %`));
  expect(text).not.toMatch(/(src|href)="(?!data:)/i);
});

it("leaves a non-empty folder unchanged", async () => {
  const out = join(folder, "mine");
  await mkdir(out);
  await writeFile(join(out, "notes.txt"), "mine");
  await expect(demo(demoSchema.config.parse({ out, threads: 2 }))).rejects.toMatchObject({ code: "WRITE" });
  expect(await readdir(out)).toEqual(["notes.txt"]);
});
