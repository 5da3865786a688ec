/**
 * Distributed trainings in network namespaces, as root on Linux with `redis-server`: seconds of a step with 1, 2 and 4 workers
 * over several rates and latencies, against the cost model, and the model for up to 64 workers.
 *
 *   npm run scale
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../../src/platform/files.node.ts";
import { versions } from "../../src/platform/package.node.ts";
import { decodeAnswer, encodeAnswer } from "../../src/runs/shared/messages.ts";
import { median } from "../statistics.ts";
import { type LineProcess, lineProcess } from "./lines.ts";
import { type StepCost, stepSeconds } from "./model.ts";
import { addressOf, limitLinks, makeNetwork, onHost, removeNetwork } from "./network.ts";
import { timedMicroBatch } from "./work.ts";

const { values: flags } = parseArgs({
  options: {
    steps: { type: "string", default: "5" },
    parts: { type: "string", default: "8" },
    part: { type: "string", default: "300" },
    out: { type: "string", default: "docs/records/scale-steps.json" },
  },
});
const [steps, parts, part] = [flags.steps, flags.parts, flags.part].map(Number);
const say = (line: string) => process.stderr.write(`${line}\n`);

/** Redis on host 0, the training on host 1, workers on the others. */
const helpers = 3;
const hosts = 2 + helpers;
const [serverPort, relayPort] = [6379, 6380];
const networks = [
  { megabits: 1000, milliseconds: 0 },
  { megabits: 100, milliseconds: 0 },
  { megabits: 20, milliseconds: 0 },
  { megabits: 1000, milliseconds: 20 },
  { megabits: 100, milliseconds: 20 },
];
const sample = await timedMicroBatch(0)({ step: 0, microBatch: 0, epoch: 0, size: 1, draws: [] }, {});
const message = encodeAnswer(sample).length;
const messageCpu = cpuSeconds(() => decodeAnswer(encodeAnswer(sample)), 200) / 2;

const folder = mkdtempSync(join(tmpdir(), "mpa-fer-scale-"));
makeNetwork(hosts);
const server = onHost(0, [
  ...["redis-server", "--port", `${serverPort}`, "--bind", "0.0.0.0", "--protected-mode", "no"],
  ...["--dir", folder, "--appendonly", "yes", "--save", "", "--logfile", join(folder, "log")],
]);
const script = (host: number, name: string, ...argv: string[]) =>
  lineProcess(onHost(host, [process.execPath, "--import", "tsx", join(import.meta.dirname, name), ...argv]));
const url = `redis://${addressOf(0)}:${relayPort}`;
const relay = script(0, "relay.ts", `${relayPort}`, `${serverPort}`);
const owner = script(1, "owner.ts", url);
const others = Array.from({ length: helpers }, (_, i) => script(2 + i, "helper.ts", url));
try {
  for (const each of [relay, owner, ...others]) await each.next();
  const measured: Measured[] = [];
  for (const network of networks) {
    limitLinks(hosts, network.megabits * 1e6);
    relay.send(String(network.milliseconds));
    await relay.next();
    for (const workers of [1, 2, 4])
      measured.push(await measure(network, workers, owner, others.slice(0, workers - 1)));
  }
  const handling = await calibrate(measured.slice(0, 3));
  const checked = [];
  for (const row of measured) {
    const predicted_ms = await predict(row, { handling, oneProcessor: true });
    checked.push({ ...row, predicted_ms, error: Number((predicted_ms / row.step_ms - 1).toFixed(3)) });
    say(`${JSON.stringify(checked.at(-1))}`);
  }
  const record = {
    versions: versions(),
    command: "npm run scale",
    work: { parts, part_ms: part, message_bytes: message, steps, like: "ViT-B/16's prompts and features, 8 classes" },
    latency: "one way, by a relay in user space",
    handling_ms: 1000 * handling,
    calibrated_on: "the first three rows",
    message_cpu_ms: Number((1000 * messageCpu).toFixed(2)),
    measured: checked,
    predicted: [...(await predictions(handling)), ...(await predictions(messageCpu))],
  };
  await writeFileAtomic(flags.out, `${JSON.stringify(record, null, 1)}\n`);
} finally {
  for (const { child } of [relay, owner, ...others]) child.kill();
  server.kill();
  removeNetwork(hosts);
  rmSync(folder, { recursive: true, force: true });
}

/** CPU seconds of one call. */
function cpuSeconds(call: () => unknown, times: number): number {
  call();
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) call();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6 / times;
}

interface Measured {
  readonly megabits: number;
  readonly latency_ms: number;
  readonly workers: number;
  /** median of the steps after the first */
  readonly step_ms: number;
  readonly helped: number;
  readonly repeated: number;
}

async function measure(
  { megabits, milliseconds }: (typeof networks)[number],
  workers: number,
  training: LineProcess,
  helping: readonly LineProcess[],
): Promise<Measured> {
  const name = `${megabits}-${milliseconds}-${workers}`;
  for (const helper of helping) helper.send(`${name} ${part}`);
  training.send(JSON.stringify({ training: name, steps: steps + 1, parts, part }));
  const { times, helped, repeated } = JSON.parse(await training.next());
  for (const helper of helping) await helper.next();
  const step_ms = Math.round(median(times.slice(1)));
  say(`${megabits} Mbit/s, ${milliseconds} ms, ${workers} workers: ${step_ms} ms`);
  return { megabits, latency_ms: milliseconds, workers, step_ms, helped, repeated };
}

type Setting = Pick<Measured, "megabits" | "latency_ms" | "workers">;

async function predict({ megabits, latency_ms, workers }: Setting, more: Partial<StepCost>): Promise<number> {
  const cost = { workers, parts, part: part / 1000, message, rate: (megabits * 1e6) / 8, latency: latency_ms / 1000 };
  return Math.round(1000 * (await stepSeconds({ ...cost, handling: 0, ...more })));
}

/** Overhead for each message that fits these rows best, to half a millisecond. */
async function calibrate(rows: readonly Measured[]): Promise<number> {
  let [best, minError] = [0, Number.POSITIVE_INFINITY];
  for (let half = 0; half <= 60; half++) {
    let error = 0;
    for (const row of rows) {
      error +=
        (Math.log(await predict(row, { handling: half / 2000, oneProcessor: true })) - Math.log(row.step_ms)) ** 2;
    }
    if (error < minError) [best, minError] = [half / 2000, error];
  }
  return best;
}

/** Up to 64 workers: a batch of 256 images in micro-batches of four, at ViT-B/16's speed on two cores (docs/performance.md). */
async function predictions(handling: number) {
  const rows = [];
  const seconds = { parts: 64, part: 1.6, handling };
  for (const [megabits, latency_ms] of [
    [10_000, 0.1],
    [1000, 0.1],
    [1000, 20],
    [100, 0.1],
  ]) {
    for (const workers of [1, 2, 4, 8, 16, 32, 64]) {
      const step_ms = await predict({ megabits, latency_ms, workers }, seconds);
      const speedup = Number(((1000 * seconds.parts * seconds.part) / step_ms).toFixed(2));
      rows.push({ megabits, latency_ms, handling_ms: Number((1000 * handling).toFixed(2)), workers, step_ms, speedup });
    }
  }
  return rows;
}
