/** Missing files, full disks and missing permissions: one clear line each, and the other files stay intact. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { trainSchema } from "../src/runs/options.ts";
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

it("counts an image that vanishes in the middle of a run", async () => {
  const copy = runs.out("vanishing");
  await cp(runs.shared.data, copy, { recursive: true });
  // The first validation has not read it yet.
  const vanish = () => execFileSync("rm", [join(copy, "valid", "cross", "0.png")]);
  const { out: run } = await train(runs.configOf("vanished", { data: copy }), atStep(1, vanish));
  const manifest = JSON.parse(await readFile(join(run, "run.json"), "utf8"));
  expect(manifest.data.valid).toMatchObject({ unreadable: 1, unreadableFiles: ["valid/cross/0.png"] });
});

it("continues after the weights were deleted", async () => {
  const backbone = runs.out("backbone-deleted");
  await cp(runs.shared.backbone, backbone, { recursive: true });
  await train(
    runs.configOf("kept-open", { backbone }),
    atStep(2, () => execFileSync("rm", ["-r", backbone])),
  );
  await train(runs.configOf("plain"));
  const read = (name: string) => readFile(join(runs.out(name), "last.safetensors"));
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
    const disk = runs.out("disk");
    await mkdir(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", disk]);
    try {
      const config = trainSchema.config.parse({ ...runs.shared, out: join(disk, "run") });
      await expect(train(config)).rejects.toMatchObject({ code: "WRITE", message: expect.stringMatching(/ENOSPC/) });
      expect(await checkWhole(disk)).toBeGreaterThan(0);
      expect((await readdir(join(disk, "run"))).filter((name) => name.endsWith(".tmp") || name === "run.lock")).toEqual(
        [],
      );
      execFileSync("mount", ["-o", "remount,size=16m", disk]);
      await train({ ...config, resume: true });
      await train(runs.configOf("roomy"));
      for (const file of ["last.safetensors", "best.safetensors", "metrics.jsonl"]) {
        const [there, here] = await Promise.all(
          [join(disk, "run"), runs.out("roomy")].map((run) => readFile(join(run, file))),
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

it.skipIf(process.platform === "win32")("reports missing permissions of a folder or file", async () => {
  const locked = runs.out("read-only");
  await mkdir(locked);
  const secret = join(folder, "secret.json");
  await writeFile(secret, "{}");
  await chmod(secret, 0o000);
  await chmod(locked, 0o555);
  if (isRoot) {
    // Root bypasses permissions, so the command runs as nobody.
    await chown(locked, nobody, nobody);
    await chmod(folder, 0o755);
  }
  const call = async (...more: string[]) => {
    const argv = [
      "train",
      "--data",
      runs.shared.data,
      "--dataset",
      "folder",
      "--backbone",
      runs.shared.backbone,
      "--hard-prompt",
      "2",
      "--threads",
      "1",
      "--quiet",
      ...more,
    ];
    const main = join(import.meta.dirname, "../src/apps/cli/main.ts");
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
  expect(await call("--out", runs.out("unread"), "--config", secret)).toEqual({
    code: 2,
    lines: [expect.stringMatching(/^mpa-fer: CONFIG: cannot read the file .*EACCES.*secret\.json/)],
  });
  expect(await readdir(locked)).toEqual([]);
});
