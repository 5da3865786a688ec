import { mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RunFolder, readRecords } from "./runFolder.ts";

let path: string;
beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), "mpa-fer-run-"));
});
afterEach(() => rm(path, { recursive: true }));

const records = [
  { kind: "step", step: 3, epoch: 0 },
  { kind: "step", step: 4, epoch: 0 },
  { kind: "epoch", step: 4, epoch: 0 },
  { kind: "step", step: 5, epoch: 1 },
];
const lines = records.map((record) => `${JSON.stringify(record)}\n`).join("");

it.each([
  [{ step: 5, epoch: 1 }, 4],
  [{ step: 4, epoch: 1 }, 3],
  // Killed while the epoch's end was saved: the steps are done, its validation is done again.
  [{ step: 4, epoch: 0 }, 2],
  [{ step: 0, epoch: 0 }, 0],
])("a run resumed from %j loads %i records", async (state, kept) => {
  const folder = await RunFolder.open(path, false);
  await writeFile(folder.file("metrics"), lines);
  await folder.loadRecords(state);
  expect(folder.records).toEqual(records.slice(0, kept));
  await folder.close();
});

it.each(["{", "[]", '{"kind":"other","step":1}', '{"kind":"step"}', '{"kind":"step","step":1,"step":2}'])(
  "names the line of a record that is %s",
  async (line) => {
    await writeFile(join(path, "metrics.jsonl"), lines + line);
    await expect(readRecords(join(path, "metrics.jsonl"))).rejects.toMatchObject({
      code: "CHECKPOINT",
      message: expect.stringMatching(/metrics\.jsonl:5/),
    });
  },
);

it("removes files left by a killed process, but not files that are being written", async () => {
  const [old, young] = ["0", "1"].map((digit) => `.${digit.repeat(8)}-0000-0000-0000-000000000000.tmp`);
  await writeFile(join(path, old), "");
  await writeFile(join(path, young), "");
  await utimes(join(path, old), 0, 0);
  await (await RunFolder.open(path, false)).close();
  expect(await readdir(path)).toEqual([young]);
});
