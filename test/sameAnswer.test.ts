/** Reproducibility: one seed gives one result with any number of data workers, and again from the manifest of the run. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callProgram } from "./callProgram.ts";
import { drawnFolder } from "./drawnFolder.ts";
import { writeTinyBackbone } from "./tinyBackbone.ts";

let folder: string;
let shared: string[];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-same-"));
  const backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 6, valid: 3 });
  shared = ["--data", data, "--dataset", "folder", "--backbone", backbone, "--hard-prompt", "2"];
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const out = (name: string) => join(folder, name);
const bytes = (name: string, file = "last.safetensors") => readFile(join(out(name), file));
const manifestOf = (name: string) => join(out(name), "run.json");

const call = (...argv: string[]) => callProgram(argv);

const train = (name: string, ...more: string[]) =>
  call("train", ...shared, "--out", out(name), "--epochs", "2", "--batch-size", "4", "--threads", "1", ...more);
const replay = (of: string, name: string, ...more: string[]) =>
  call("train", "--replay", manifestOf(of), "--out", out(name), ...more);

it("is bit-identical with 1, 2, 3, 8 and 64 data workers", async () => {
  for (const workers of [1, 2, 3, 8, 64]) {
    expect((await train(`workers-${workers}`, "--data-workers", String(workers))).code).toBe(0);
  }
  for (const file of ["last.safetensors", "best.safetensors", "metrics.jsonl", "predictions.csv"]) {
    const first = await bytes("workers-1", file);
    for (const workers of [2, 3, 8, 64]) expect((await bytes(`workers-${workers}`, file)).equals(first)).toBe(true);
  }
});

describe("--replay", () => {
  it.each([
    ["coop", []],
    ["mpa", ["--sampler", "balanced", "--seed", "7"]],
    ["mpa", ["--augment", "none", "--memory", "7MB", "--no-shuffle", "--max-steps", "5"]],
  ])("repeats %s %j bit for bit", async (variant, more) => {
    const name = `${variant}${more.join("")}`;
    expect((await train(name, "--variant", variant, ...more)).code).toBe(0);
    const again = await replay(name, `${name}-again`);
    expect(again).toMatchObject({ code: 0, stdout: expect.stringMatching(/the same bits as the run/) });
    expect(again.stderr).not.toMatch(/replay:/);
    for (const file of ["last.safetensors", "best.safetensors", "metrics.jsonl", "predictions.csv"]) {
      expect((await bytes(`${name}-again`, file)).equals(await bytes(name, file))).toBe(true);
    }
  });

  it("finds moved data and weights", async () => {
    await train("moving");
    for (const each of ["data", "backbone"])
      await cp(join(folder, each), join(folder, "moved", each), { recursive: true });
    const moved = ["--data", join(folder, "moved", "data"), "--backbone", join(folder, "moved", "backbone")];
    expect(await replay("moving", "moved-run", ...moved)).toMatchObject({ code: 0 });
    await rm(join(folder, "moved", "data", "train", "cross", "1.png"));
    expect(await replay("moving", "other-data", ...moved)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/CHECKPOINT: this is another run: the list of images of the train split differ/),
    });
  });

  it("rejects a different run, and names the differences", async () => {
    expect(await replay("moving", "lr", "--lr", "0.5", "--seed", "9")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/CHECKPOINT: this is another run: .*--lr.*--seed/),
    });
    const config = join(folder, "config.json");
    await writeFile(config, "{}");
    expect((await replay("moving", "both", "--config", config)).stderr).toMatch(/USAGE: --replay and --config both/);
    await writeFile(config, '{"format":"something else"}');
    expect((await call("train", "--replay", config)).stderr).toMatch(/CONFIG: the file does not fit.*config\.json/);
  });

  it("ends with exit code 1 if the result differs from the record", async () => {
    const manifest = JSON.parse(await readFile(manifestOf("moving"), "utf8"));
    await writeFile(manifestOf("moving"), JSON.stringify({ ...manifest, bits: { ...manifest.bits, last: "0" } }));
    expect(await replay("moving", "changed")).toMatchObject({
      code: 1,
      stdout: expect.stringMatching(/other bits than/),
    });
  });

  it("reports legitimate causes of different bits", async () => {
    const manifest = JSON.parse(await readFile(manifestOf("coop"), "utf8"));
    const older = {
      ...manifest,
      versions: { ...manifest.versions, node: "18.0.0" },
      machine: { arch: "x", processor: "abacus" },
    };
    await writeFile(manifestOf("coop"), JSON.stringify(older));
    const { stderr } = await replay("coop", "older", "--threads", "2");
    expect(stderr).toMatch(/replay: node is \S+, the run had 18\.0\.0; the bits may differ/);
    expect(stderr).toMatch(/replay: the processor is .*, the run had abacus/);
    expect(stderr).toMatch(/replay: 2 threads, the run had 1/);
  });
});
