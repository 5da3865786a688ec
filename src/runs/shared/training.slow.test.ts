/** Distributed training is bit-identical to local training, whether workers join, leave or fail. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atStep } from "../../../test/crashes/shortRuns.ts";
import { drawnFolder } from "../../../test/drawnFolder.ts";
import { fixtures } from "../../../test/parity.ts";
import { type Running, standUntil, startCommand } from "../../../test/scale/processes.ts";
import { hasRedis, type RedisServer, redisPassword, startRedis } from "../../../test/scale/redisServer.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { trainSchema } from "../options.ts";
import { train } from "../train/train.ts";

let folder: string;
let redis: RedisServer;
let alone: Record<string, Buffer>;
let workers: Running[];

const read = async (out: string) =>
  Object.fromEntries(
    await Promise.all(
      ["best.safetensors", "last.safetensors", "predictions.csv", "metrics.jsonl"].map(async (name) => [
        name,
        await readFile(join(out, name)),
      ]),
    ),
  );

/** 6 parts a step, 5 steps an epoch; the last batch and its last part are not full, and one image is unreadable. */
async function trained(
  name: string,
  options: Record<string, unknown> = {},
  during: Parameters<typeof atStep>[1] = () => {},
) {
  const out = join(folder, name);
  const shared = { data: join(folder, "data"), dataset: "folder", backbone: join(folder, "backbone"), hardPrompt: 2 };
  const steps = { batchSize: 12, microBatch: 2, epochs: 6, threads: 1 };
  const context = { ...atStep(2, during), allowsSlowHalf: true };
  const result = await train(trainSchema.config.parse({ ...shared, ...steps, out, ...options }), context);
  return { parts: result.parts ?? { helped: 0, repeated: 0 }, files: await read(out) };
}
/** Stands still in the second step until that many workers take parts. */
const shared = (name: string, helpers: number, during = () => {}, options: Record<string, unknown> = {}) => {
  const before = joined();
  return trained(name, { ...options, redis: redis.url, helpers }, () => {
    standUntil(() => joined() >= before + helpers);
    // By then they wait for parts, of which there are none while this process stands still.
    const waiting = Date.now() + 500;
    standUntil(() => Date.now() > waiting);
    during();
  });
};
const joined = () => workers.reduce((sum, { said }) => sum + said().split("takes parts").length - 1, 0);

async function startWorker(): Promise<Running> {
  const worker = startCommand(["worker", "--redis", redis.url]);
  workers.push(worker);
  await worker.until(/waiting for work/);
  return worker;
}

describe.skipIf(!hasRedis)("a shared training", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mpa-fer-shared-"));
    await writeTinyBackbone(join(folder, "backbone"));
    await drawnFolder(join(folder, "data"), { train: 19, valid: 2 });
    await writeFile(join(folder, "data/train/cross/7.png"), "no picture");
    redis = await startRedis(folder);
    workers = [];
    alone = (await trained("alone")).files;
    await Promise.all([startWorker(), startWorker()]);
  });
  afterAll(async () => {
    for (const { child } of workers ?? []) child.kill("SIGKILL");
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it("gives the loss scale of half precision to those who compute parts", async () => {
    const half = { precision: "fp16", backbone: join(fixtures, "tiny-clip-gelu-fp16"), epochs: 1 };
    const own = await trained("half-alone", half);
    const { files } = await trained("half-shared", { ...half, redis: redis.url, helpers: 0 });
    expect(own.files["metrics.jsonl"].toString()).toMatch(/"lossScale":65536,"skipped":true/);
    expect(files).toEqual(own.files);
  });

  it("gives the bits of one machine with one worker and with two, and does not reveal the password", async () => {
    for (const helpers of [1, 2]) {
      const { files, parts } = await shared(`helped-${helpers}`, helpers);
      expect(files).toEqual(alone);
      expect(parts.helped).toBeGreaterThan(0);
    }
    const record = await readFile(join(folder, "helped-1", "run.json"), "utf8");
    expect(JSON.parse(record).config.redis).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/);
    expect(record).not.toContain(redisPassword);
  });

  it("gives the bits of one machine with mixup, label smoothing and class weights", async () => {
    const options = { mixup: 0.4, labelSmoothing: 0.1, classWeights: "balanced", epochs: 2 };
    const { files: expected } = await trained("mixed", options);
    const { files, parts } = await shared("mixed-shared", 1, () => {}, options);
    expect(files).toEqual(expected);
    expect(parts.helped).toBeGreaterThan(0);
    expect(files["last.safetensors"]).not.toEqual(alone["last.safetensors"]);
  });

  it("gives the same bits if Redis is killed and restarts with its append-only file", async () => {
    const { files } = await shared("redis", 2, () => void redis.restart("SIGKILL", 300));
    expect(files).toEqual(alone);
  });

  it("gives the same bits if a worker is lost with a micro-batch and another one joins", async () => {
    const [lost] = workers;
    // A process that stands still takes the part with it that is sent to it next.
    const { files, parts } = await shared("lost", 2, () => {
      lost.child.kill("SIGSTOP");
      void startWorker();
    });
    expect(files).toEqual(alone);
    expect(parts.repeated).toBeGreaterThan(0);
    expect(parts.helped).toBeGreaterThan(0);
  });

  it("lets a worker leave on Ctrl-C without a failure", async () => {
    const [, second] = workers;
    second.child.kill("SIGINT");
    expect(await second.ended).toBe(0);
    expect(second.said()).toMatch(/jobs done, 0 tries failed, . handed back/);
  });

  it("lets a worker leave on Ctrl-C if Redis is unreachable", async () => {
    const joiner = workers[2];
    await redis.stop();
    joiner.child.kill("SIGINT");
    expect(await joiner.ended).toBe(0);
  });
});
