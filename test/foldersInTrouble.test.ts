/** Run folders: one run at a time, and faults of the folder during a run; one clear line each, and existing files stay intact. */
import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { lockFolder } from "../src/platform/folderLock.node.ts";
import { ablate } from "../src/runs/ablate/ablate.ts";
import { ablateSchema } from "../src/runs/ablate/options.ts";
import { train } from "../src/runs/train/train.ts";
import { atStep, shortRuns } from "./crashes/shortRuns.ts";
import { checkWhole } from "./crashes/wholeFiles.ts";

let folder: string;
let runs: Awaited<ReturnType<typeof shortRuns>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-trouble-"));
  runs = await shortRuns(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const oneLine = expect.stringMatching(/^[^\n]+$/);

it("rejects a second run in the folder during the first one, which completes", async () => {
  let second: Promise<unknown> | undefined;
  const first = train(
    runs.configOf("two"),
    atStep(2, () => {
      second = train(runs.configOf("two"));
      second.catch(() => undefined);
    }),
  );
  await first;
  await expect(second).rejects.toMatchObject({
    code: "WRITE",
    message: expect.stringMatching(/is at work in the folder/),
  });
  await expect(train(runs.configOf("two"))).rejects.toMatchObject({
    code: "WRITE",
    message: expect.stringMatching(/there is a run/),
  });
  expect(await readdir(runs.out("two"))).not.toContain("run.lock");
});

it("rejects a table in a folder with another running table", async () => {
  await mkdir(runs.out("table"));
  const lock = await lockFolder(runs.out("table"));
  const config = ablateSchema.config.parse({
    ...runs.shared,
    table: ["components"],
    seeds: "1",
    out: runs.out("table"),
  });
  await expect(ablate(config)).rejects.toMatchObject({ code: "WRITE" });
  expect(await readdir(runs.out("table"))).toEqual(["run.lock"]);
  await lock.release();
});

it("writes on resume what was missing after a kill", async () => {
  await train(runs.configOf("unfinished"));
  const kept = await readFile(join(runs.out("unfinished"), "last.safetensors"));
  await rm(join(runs.out("unfinished"), "run.json"));
  await rm(join(runs.out("unfinished"), "report.html"));
  const { best } = await train(runs.configOf("unfinished", { resume: true }));
  const manifest = JSON.parse(await readFile(join(runs.out("unfinished"), "run.json"), "utf8"));
  expect(manifest).toMatchObject({ finished: true, steps: 12, best });
  expect((await readFile(join(runs.out("unfinished"), "last.safetensors"))).equals(kept)).toBe(true);
  expect(await readdir(runs.out("unfinished"))).toContain("report.html");
});

it("writes a missing report of a finished run, and changes nothing else", async () => {
  const out = runs.out("unreported");
  await train(runs.configOf("unreported"));
  const read = (name: string) => readFile(join(out, name), "utf8");
  const [report, manifest, last] = [await read("report.html"), await read("run.json"), await read("last.safetensors")];
  await rm(join(out, "report.html"));
  await train(runs.configOf("unreported", { resume: true }));
  expect(await read("report.html")).toBe(report);

  // The report of an earlier epoch does not count as the final report.
  await writeFile(join(out, "report.html"), "of the first epoch");
  await utimes(join(out, "report.html"), 1, 1);
  await train(runs.configOf("unreported", { resume: true }));
  expect(await read("report.html")).toBe(report);

  const { bits, ...withoutBits } = JSON.parse(manifest);
  await writeFile(join(out, "run.json"), JSON.stringify(withoutBits));
  await train(runs.configOf("unreported", { resume: true }));
  expect(JSON.parse(await read("run.json"))).toEqual(JSON.parse(manifest));
  expect(bits.last).toMatch(/^[0-9a-f]{64}$/);
  expect(await read("last.safetensors")).toBe(last);
});

it("does not overwrite any file of a run", async () => {
  for (const file of ["best.safetensors", "metrics.jsonl", "report.html", "predictions.csv"]) {
    await mkdir(runs.out(file));
    await writeFile(join(runs.out(file), file), "somebody's");
    await expect(train(runs.configOf(file))).rejects.toMatchObject({ code: "WRITE" });
    expect(await readFile(join(runs.out(file), file), "utf8")).toBe("somebody's");
    expect(await readdir(runs.out(file))).toEqual([file]);
  }
});

it("reports that the run folder is gone, and does not recreate it", async () => {
  const gone = train(
    runs.configOf("gone"),
    atStep(5, () => execFileSync("rm", ["-r", runs.out("gone")])),
  );
  await expect(gone).rejects.toMatchObject({ code: "WRITE", message: oneLine });
  await expect(readdir(runs.out("gone"))).rejects.toThrow();
});

it("names the file that cannot be replaced, and leaves the others intact", async () => {
  const taken = train(
    runs.configOf("taken"),
    atStep(5, () =>
      execFileSync("sh", ["-c", 'rm "$0" && mkdir "$0" && touch "$0/x"', join(runs.out("taken"), "last.safetensors")]),
    ),
  );
  await expect(taken).rejects.toMatchObject({ code: "WRITE", message: expect.stringMatching(/last\.safetensors/) });
  await rm(join(runs.out("taken"), "last.safetensors"), { recursive: true });
  expect(await checkWhole(runs.out("taken"))).toBeGreaterThan(0);
  await train(runs.configOf("taken", { resume: true }));
});

it("names the step and term of a value that is not finite, and retains the previous checkpoint", async () => {
  const config = runs.configOf("numeric", { lr: 1e19, epochs: 3 });
  await expect(train(config)).rejects.toMatchObject({
    code: "NUMERIC",
    message: expect.stringMatching(
      /^(L_\w+ became \S+|the gradient of \S+ is not finite|\S+ is not finite after the update), stopped at step \d+ \(.*\)\. Fix: lower --lr/,
    ),
  });
  expect(await checkWhole(runs.out("numeric"))).toBeGreaterThan(0);
});
