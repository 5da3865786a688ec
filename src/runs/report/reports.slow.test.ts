/** Reports in a browser: no complaint, nothing loaded, contrast and structure by WCAG AA, nothing beside a phone's edge. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launchChromium } from "../../../test/browser/chromium.ts";
import { type Look, lookAt } from "../../../test/browser/lookAt.ts";
import { drawnFolder } from "../../../test/drawnFolder.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { ablate } from "../ablate/ablate.ts";
import { ablateSchema } from "../ablate/options.ts";
import { evaluate } from "../evaluate/evaluate.ts";
import { evaluateSchema } from "../evaluate/options.ts";
import { writeEvaluationReport } from "../evaluate/report.ts";

const looks: readonly Look[] = [
  { scheme: "light", width: 1100 },
  { scheme: "dark", width: 1100 },
  { scheme: "light", width: 360 },
  { scheme: "dark", width: 360 },
];

describe.skipIf(chromiumPath === undefined)("a report", () => {
  let folder: string;
  let browser: Browser;

  beforeAll(async () => {
    browser = await launchChromium();
    folder = await mkdtemp(join(tmpdir(), "mpa-fer-reports-"));
    const backbone = await writeTinyBackbone(join(folder, "backbone"));
    const data = await drawnFolder(join(folder, "data"), { train: 5, valid: 6, test: 4 });
    const shared = { data, dataset: "folder", backbone, batchSize: 6, hardPrompt: 2, threads: 2 };
    const out = join(folder, "table");
    await ablate(
      ablateSchema.config.parse({ ...shared, table: ["components"], seeds: [1, 2], epochs: 2, out, test: true }),
    );
    const slices = join(folder, "metadata.csv");
    const rows = Array.from({ length: 6 }, (_, i) => `circle/${i}.png,${i % 2 === 0 ? "even" : "odd"}`);
    await writeFile(slices, `file,number\n${rows.map((row) => `valid/${row}`).join("\n")}\n`);
    const checkpoint = join(out, "mpa-1", "best.safetensors");
    const config = evaluateSchema.config.parse({ ...shared, checkpoint, slices, sliceLeast: 3 });
    await writeEvaluationReport(join(folder, "evaluation.html"), config, await evaluate(config));
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ["of a run", "table/mpa-1/report.html"],
    ["of an evaluation", "evaluation.html"],
    ["of an ablation", "table/report.html"],
  ])("%s", async (_, file) => {
    for (const look of looks) {
      const seen = await lookAt(browser, join(folder, file), look);
      expect({ ...look, ...seen }).toEqual({ ...look, complaints: [], violations: [], overflow: 0 });
    }
  });
});
