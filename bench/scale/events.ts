/**
 * Fault injection for distributed trainings of `faceclip-mini` on drawn faces, in network namespaces, each process limited to
 * a share of a core: 1, 2 and 4 workers, one killed, one added, and Redis killed and restarted on its append-only file.
 * All of them must give the same bits. Needs root on Linux, `redis-server` and the `cpu` controller of cgroups v1.
 *
 *   npm run scale
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { drawDataset } from "../../src/apps/demo/dataset.ts";
import { writeFileAtomic } from "../../src/platform/files.node.ts";
import { versions } from "../../src/platform/package.node.ts";
import { tensorsHash } from "../../src/runs/train/fingerprint.ts";
import { median } from "../statistics.ts";
import { addressOf, limitLinks, makeNetwork, onHost, removeNetwork } from "./network.ts";

const { values: flags } = parseArgs({
  options: {
    share: { type: "string", default: "0.15" },
    epochs: { type: "string", default: "9" },
    out: { type: "string", default: "docs/records/scale-events.json" },
  },
});
const hosts = 6;
const megabits = 100;
const url = `redis://${addressOf(0)}:6379`;
const main = join(import.meta.dirname, "../../src/apps/cli/main.ts");
const folder = mkdtempSync(join(tmpdir(), "mpa-fer-events-"));
const data = join(folder, "faces");
const say = (line: string) => process.stderr.write(`${line}\n`);

interface Said {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  /** time of the first line that matches, milliseconds; waits for it */
  when(words: RegExp): Promise<number>;
}

const groups: string[] = [];
let server: ChildProcess | undefined;
try {
  makeNetwork(hosts);
  limitLinks(hosts, megabits * 1e6);
  server = startRedis();
  await drawDataset({ out: data, seed: 1, facesPerClass: { train: 4, valid: 1, test: 1 }, size: 48 });
  const alone = await training("1 worker", 0);
  const runs = [alone, await training("2 workers", 1), await training("4 workers", 3), await troubled()];
  const record = {
    versions: versions(),
    command: "npm run scale",
    work: {
      backbone: "faceclip-mini",
      batch: 16,
      part: 2,
      steps_an_epoch: 2,
      core_share: Number(flags.share),
      megabits,
    },
    same_bits: runs.every(({ bits }) => bits === alone.bits),
    runs,
  };
  await writeFileAtomic(flags.out, `${JSON.stringify(record, null, 1)}\n`);
  if (!record.same_bits) throw new Error("the bits differ");
} finally {
  server?.kill();
  removeNetwork(hosts);
  await wait(500);
  for (const group of groups) rmdirSync(group);
  rmSync(folder, { recursive: true, force: true });
}

function startRedis(): ChildProcess {
  return onHost(0, [
    ...[
      "redis-server",
      "--bind",
      "0.0.0.0",
      "--protected-mode",
      "no",
      "--dir",
      folder,
      "--logfile",
      join(folder, "log"),
    ],
    ...["--appendonly", "yes", "--save", ""],
  ]);
}

function start(host: number, ...argv: string[]): Said {
  const command = [process.execPath, "--import", "tsx", main, ...argv, "--threads", "1"];
  const child = onHost(host, ["sh", "-c", 'exec "$@" 2>&1', "sh", ...command]);
  const lines: { readonly at: number; readonly line: string }[] = [];
  child.stdout?.on("data", (text) => {
    for (const line of String(text).split("\n")) lines.push({ at: performance.now(), line });
  });
  return {
    child,
    ended: once(child, "exit"),
    when: async (words) => {
      for (;;) {
        const found = lines.find(({ line }) => words.test(line));
        if (found !== undefined) return found.at;
        if (child.exitCode !== null) throw new Error(`it ended without ${words}`);
        await wait(10);
      }
    },
  };
}

/** Limits a process to its share of a core. */
function hold(pid: number | undefined): void {
  const group = `/sys/fs/cgroup/cpu/mpa-fer-${pid}`;
  mkdirSync(group);
  groups.push(group);
  writeFileSync(join(group, "cpu.cfs_quota_us"), String(Math.round(100_000 * Number(flags.share))));
  writeFileSync(join(group, "cgroup.procs"), String(pid));
}

async function startWorker(host: number): Promise<Said> {
  const worker = start(host, "worker", "--redis", url);
  await worker.when(/waiting for work/);
  hold(worker.child.pid);
  return worker;
}

async function end(workers: readonly Said[]): Promise<void> {
  for (const { child } of workers) child.kill("SIGINT");
  for (const { ended } of workers) await ended;
}

/** Seconds of each epoch from the second on, the share of other workers, and the final bits. */
async function training(
  name: string,
  helpers: number,
  {
    ask = helpers,
    during,
  }: { readonly ask?: number; during?(epoch: (n: number) => Promise<number>): Promise<void> } = {},
) {
  const workers = await Promise.all(Array.from({ length: helpers }, (_, i) => startWorker(2 + i)));
  const out = join(folder, name.replaceAll(" ", "-"));
  const run = start(
    1,
    ...["train", "--data", data, "--dataset", "folder", "--out", out, "--epochs", flags.epochs],
    ...["--batch-size", "16", "--micro-batch", "2", "--redis", url, "--helpers", String(ask)],
  );
  const epoch = (n: number) => run.when(new RegExp(`^epoch ${n}/`));
  await epoch(1);
  hold(run.child.pid);
  await during?.(epoch);
  const ends: number[] = [];
  for (let n = 1; n <= Number(flags.epochs); n++) ends.push(await epoch(n));
  await run.when(/parts of steps/);
  await run.ended;
  await end(workers);
  const seconds = ends.slice(1).map((at, i) => Number(((at - ends[i]) / 1000).toFixed(2)));
  say(`${name}: ${seconds.join(" ")} s`);
  return {
    name,
    epoch_seconds: seconds,
    median: median(seconds),
    bits: await tensorsHash(join(out, "last.safetensors")),
  };
}

async function troubled() {
  const events: { readonly after_epoch: number; readonly what: string }[] = [];
  const note = (after_epoch: number, what: string) => events.push({ after_epoch, what });
  const lost = await startWorker(5);
  const during = async (epoch: (n: number) => Promise<number>) => {
    await epoch(3);
    lost.child.kill("SIGKILL");
    note(3, "a worker is killed");
    await epoch(5);
    const added = await startWorker(5);
    note(5, "another one is started");
    await epoch(7);
    server?.kill("SIGKILL");
    note(7, "Redis is killed, and starts a second later on its append-only file");
    await wait(1000);
    server = startRedis();
    await epoch(Number(flags.epochs));
    await end([added]);
  };
  const run = await training("4 workers in trouble", 2, { ask: 3, during });
  return { ...run, events };
}
