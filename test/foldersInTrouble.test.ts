/** What can happen to a run's folder and files while it is at work: one clear line each, and nothing that was there is lost. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ablate } from "../src/ablation/ablate.ts";
import { ablateSchema, trainSchema } from "../src/config.ts";
import { train } from "../src/experiment/train.ts";
import { lockFolder } from "../src/folderLock.ts";
import type { ProgressReporter } from "../src/progress.ts";
import { checkWhole } from "./crashes/wholeFiles.ts";
import { drawnFolder } from "./drawnFolder.ts";
import { writeTinyBackbone } from "./tinyBackbone.ts";

let folder: string;
let shared: Record<string, unknown>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-trouble-"));
  const backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 5, valid: 3 });
  shared = { data, dataset: "folder", backbone, epochs: 3, batchSize: 4, hardPrompt: 2, threads: 1 };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const out = (name: string) => join(folder, name);
const configOf = (name: string, options: Record<string, unknown> = {}) =>
  trainSchema.config.parse({ ...shared, out: out(name), ...options });
const oneLine = expect.stringMatching(/^[^\n]+$/);

/** Calls `act` once, when the training has come to this step. */
function atStep(step: number, act: () => void): { readonly progress: ProgressReporter } {
  let updates = 0;
  const update = (label: string) => {
    if (label === "training" && ++updates === step) act();
  };
  return {
    progress: {
      start: ({ label }) => ({ update: () => update(label), note: () => undefined, finish: () => undefined }),
    },
  };
}

it("refuses a second run in the folder while the first one is at work, and lets the first one end", async () => {
  let second: Promise<unknown> | undefined;
  const first = train(
    configOf("two"),
    atStep(2, () => {
      second = train(configOf("two"));
      second.catch(() => undefined);
    }),
  );
  await first;
  await expect(second).rejects.toMatchObject({
    code: "WRITE",
    message: expect.stringMatching(/is at work in the folder/),
  });
  await expect(train(configOf("two"))).rejects.toMatchObject({
    code: "WRITE",
    message: expect.stringMatching(/there is a run/),
  });
  expect(await readdir(out("two"))).not.toContain("run.lock");
});

it("refuses a table in a folder where another table is at work", async () => {
  await mkdir(out("table"));
  const lock = await lockFolder(out("table"));
  const config = ablateSchema.config.parse({ ...shared, table: ["components"], seeds: "1", out: out("table") });
  await expect(ablate(config)).rejects.toMatchObject({ code: "WRITE" });
  expect(await readdir(out("table"))).toEqual(["run.lock"]);
  await lock.release();
});

it("writes what a kill after the last checkpoint kept it from writing", async () => {
  await train(configOf("unfinished"));
  const kept = await readFile(join(out("unfinished"), "last.safetensors"));
  await rm(join(out("unfinished"), "run.json"));
  await rm(join(out("unfinished"), "report.html"));
  const { best } = await train(configOf("unfinished", { resume: true }));
  const manifest = JSON.parse(await readFile(join(out("unfinished"), "run.json"), "utf8"));
  expect(manifest).toMatchObject({ finished: true, steps: 12, best });
  expect((await readFile(join(out("unfinished"), "last.safetensors"))).equals(kept)).toBe(true);
  expect(await readdir(out("unfinished"))).toContain("report.html");
});

it("does not write over a file of a run, whichever it is", async () => {
  for (const file of ["best.safetensors", "metrics.jsonl", "report.html", "predictions.csv"]) {
    await mkdir(out(file));
    await writeFile(join(out(file), file), "somebody's");
    await expect(train(configOf(file))).rejects.toMatchObject({ code: "WRITE" });
    expect(await readFile(join(out(file), file), "utf8")).toBe("somebody's");
    expect(await readdir(out(file))).toEqual([file]);
  }
});

it("says that the run folder is gone, and makes none that looks like a whole one", async () => {
  const gone = train(
    configOf("gone"),
    atStep(5, () => execFileSync("rm", ["-r", out("gone")])),
  );
  await expect(gone).rejects.toMatchObject({ code: "WRITE", message: oneLine });
  await expect(readdir(out("gone"))).rejects.toThrow();
});

it("says which file cannot be replaced, and keeps the others whole", async () => {
  const taken = train(
    configOf("taken"),
    atStep(5, () =>
      execFileSync("sh", ["-c", 'rm "$0" && mkdir "$0" && touch "$0/x"', join(out("taken"), "last.safetensors")]),
    ),
  );
  await expect(taken).rejects.toMatchObject({ code: "WRITE", message: expect.stringMatching(/last\.safetensors/) });
  await rm(join(out("taken"), "last.safetensors"), { recursive: true });
  expect(await checkWhole(out("taken"))).toBeGreaterThan(0);
  await train(configOf("taken", { resume: true }));
});

it("counts an image that vanishes in the middle of a run", async () => {
  const copy = out("vanishing");
  await cp(String(shared.data), copy, { recursive: true });
  // The first validation has not read it yet.
  const vanish = () => execFileSync("rm", [join(copy, "valid", "cross", "0.png")]);
  const { out: run } = await train(configOf("vanished", { data: copy }), atStep(1, vanish));
  const manifest = JSON.parse(await readFile(join(run, "run.json"), "utf8"));
  expect(manifest.data.valid).toMatchObject({ unreadable: 1, unreadableFiles: ["valid/cross/0.png"] });
});

it("goes on after the weights were deleted under it", async () => {
  const backbone = out("backbone-deleted");
  await cp(String(shared.backbone), backbone, { recursive: true });
  await train(
    configOf("kept-open", { backbone }),
    atStep(2, () => execFileSync("rm", ["-r", backbone])),
  );
  await train(configOf("plain"));
  const read = (name: string) => readFile(join(out(name), "last.safetensors"));
  // Only the name of the backbone differs.
  expect((await read("kept-open")).length - "backbone-deleted".length).toBe(
    (await read("plain")).length - "backbone".length,
  );
});

const canMount = (() => {
  try {
    execFileSync(
      "sh",
      ["-c", 'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d"; r=$?; rmdir "$d"; exit $r'],
      { stdio: "ignore" },
    );
    return true;
  } catch {
    return false;
  }
})();

it.skipIf(!canMount)(
  "says that the disk is full, keeps what is whole, and goes on when there is room (needs the right to mount)",
  async () => {
    const disk = out("disk");
    await mkdir(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", disk]);
    try {
      const config = trainSchema.config.parse({ ...shared, out: join(disk, "run") });
      await expect(train(config)).rejects.toMatchObject({ code: "WRITE", message: expect.stringMatching(/ENOSPC/) });
      expect(await checkWhole(disk)).toBeGreaterThan(0);
      expect((await readdir(join(disk, "run"))).filter((name) => name.endsWith(".tmp") || name === "run.lock")).toEqual(
        [],
      );
      execFileSync("mount", ["-o", "remount,size=16m", disk]);
      await train({ ...config, resume: true });
      await train(configOf("roomy"));
      for (const file of ["last.safetensors", "best.safetensors", "metrics.jsonl"]) {
        const [there, here] = await Promise.all(
          [join(disk, "run"), out("roomy")].map((run) => readFile(join(run, file))),
        );
        expect(there.equals(here)).toBe(true);
      }
    } finally {
      execFileSync("umount", [disk]);
    }
  },
);

const isRoot = process.getuid?.() === 0;
const nobody = 65534;

it.skipIf(process.platform === "win32")("says that a folder or a file may not be written or read", async () => {
  const locked = out("read-only");
  await mkdir(locked);
  const secret = join(folder, "secret.json");
  await writeFile(secret, "{}");
  await chmod(secret, 0o000);
  await chmod(locked, 0o555);
  if (isRoot) {
    // Rights do not bind root: the command is run as nobody.
    await chown(locked, nobody, nobody);
    await chmod(folder, 0o755);
  }
  const call = async (...more: string[]) => {
    const argv = [
      "train",
      "--data",
      String(shared.data),
      "--dataset",
      "folder",
      "--backbone",
      String(shared.backbone),
      "--hard-prompt",
      "2",
      "--threads",
      "1",
      "--quiet",
      ...more,
    ];
    const main = join(import.meta.dirname, "../src/cli/main.ts");
    const child = spawn(process.execPath, ["--import", "tsx", main, ...argv], {
      cwd: join(import.meta.dirname, ".."),
      stdio: ["ignore", "ignore", "pipe"],
      ...(isRoot && { uid: nobody, gid: nobody, env: { ...process.env, HOME: tmpdir() } }),
    });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const [code] = await once(child, "exit");
    return { code, lines: stderr.trim().split("\n") };
  };
  expect(await call("--out", join(locked, "run"))).toEqual({
    code: 1,
    lines: [expect.stringMatching(/^mpa-fer: WRITE: cannot make .*EACCES/)],
  });
  expect(await call("--out", locked)).toEqual({
    code: 1,
    lines: [expect.stringMatching(/^mpa-fer: WRITE: cannot write .*EACCES/)],
  });
  expect(await call("--out", out("unread"), "--config", secret)).toEqual({
    code: 2,
    lines: [expect.stringMatching(/^mpa-fer: CONFIG: cannot read the file .*EACCES.*secret\.json/)],
  });
  expect(await readdir(locked)).toEqual([]);
});

it("names the step and the term where a value is not finite, and keeps the checkpoint before it", async () => {
  const config = configOf("numeric", { lr: 1e19, epochs: 3 });
  await expect(train(config)).rejects.toMatchObject({
    code: "NUMERIC",
    message: expect.stringMatching(
      /^(L_\w+ became \S+|the gradient of \S+ is not finite|\S+ is not finite after the update), lower --lr, stopped at step \d+, .*/,
    ),
  });
  expect(await checkWhole(out("numeric"))).toBeGreaterThan(0);
});
