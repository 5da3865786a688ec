/** Failures of Redis: shared work ends with an error that names the cause. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { consume } from "../../src/runs/shared/consumer.ts";
import { openQueue } from "../../src/runs/shared/queue.ts";
import { connectRedis } from "../../src/runs/shared/redis.ts";
import { drawnFolder } from "../drawnFolder.ts";
import { writeTinyBackbone } from "../tinyBackbone.ts";
import { type Running, startCommand } from "./processes.ts";
import { hasRedis, type RedisServer, redisPassword, startRedis } from "./redisServer.ts";

let folder: string;
let redis: RedisServer;
let own: Redis;

const job = { name: "double", id: "a-job", data: 21 };
const handlers = { double: async (data: unknown) => 2 * Number(data) };
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => "no failure",
    (error: Error) => `${"code" in error ? error.code : error.name}: ${error.message}`,
  );

describe.skipIf(!hasRedis)("Redis in trouble", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mpa-fer-trouble-"));
    redis = await startRedis(folder);
    own = await connectRedis(redis.url);
  });
  afterAll(async () => {
    own?.disconnect();
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it.each([
    ["no password", (url: string) => url.replace(/:[^/]*@/, ""), /^ACCESS: Redis asks for a password \(redis:/],
    [
      "another password",
      (url: string) => url.replace(redisPassword, "wrong"),
      /^ACCESS: Redis refuses the user or the/,
    ],
    [
      "a user that is not there",
      (url: string) => url.replace("//:", "//nobody:"),
      /^ACCESS: Redis refuses the user or/,
    ],
    ["a database that is not there", (url: string) => `${url}/99`, /^NETWORK: Redis has no database of this number/],
    ["a database that is no number", (url: string) => `${url}/faces`, /^USAGE: --redis is no address/],
    ["another protocol", (url: string) => url.replace("redis:", "http:"), /^USAGE: --redis is no address/],
    ["no address", () => "redis", /^USAGE: --redis is no address/],
    ["a port where nobody listens", () => "redis://127.0.0.1:1", /^NETWORK: Redis cannot be reached \(connect ECONN/],
  ])("is named if the address has %s", async (_, change, expected) => {
    const message = await failure(connectRedis(change(redis.url)));
    expect(message).toMatch(expected);
    expect(message).not.toContain(redisPassword);
  });

  it.each<[string, string[], string[], RegExp]>([
    ["is a replica", ["replicaof", "127.0.0.1", "1"], ["replicaof", "no", "one"], /^NETWORK: this Redis is a replica/],
    [
      "is full",
      ["config", "set", "maxmemory", "1"],
      ["config", "set", "maxmemory", "0"],
      /^NETWORK: Redis has used up/,
    ],
  ])("is named if the server %s", async (_, [trouble, ...args], [cure, ...cureArgs], expected) => {
    const queue = await openQueue(redis.url);
    try {
      await own.call(trouble, ...args);
      expect(await failure(queue.add([job]))).toMatch(expected);
    } finally {
      await own.call(cure, ...cureArgs);
      await queue.withdraw([job.id]);
      await queue.close();
    }
  });

  it("is named if a key belongs to another program, to owner and worker", async () => {
    await own.flushall();
    await own.set("bull:mpa-fer:wait", "mine");
    await own.set("bull:mpa-fer:prioritized", "mine");
    const queue = await openQueue(redis.url);
    const expected =
      /^NETWORK: a key of this program holds another program's value \(.*\)\. Fix: name an unused database/;
    expect(await failure(queue.add([job]))).toMatch(expected);
    expect(await failure(consume(redis.url, handlers, { idle: 20_000 }))).toMatch(expected);
    await queue.close();
    await own.flushall();
  });

  it("gets a lost job again, with a notice", async () => {
    const notices: string[] = [];
    const queue = await openQueue(redis.url, { notice: (line) => notices.push(line) });
    const other = { ...job, id: "another-job", data: 4 };
    await queue.add([job, other]);
    const results = Promise.all([queue.result(job.id), queue.result(other.id)]);
    await wait(300);
    await own.flushall();
    while (notices.length === 0) await wait(20);
    await consume(redis.url, handlers, { idle: 1000 });
    expect(await results).toEqual([42, 8]);
    expect(notices).toEqual([expect.stringMatching(/^Redis has lost 2 jobs .*asked for again$/)]);
    await queue.close();
  });

  it("does not get a job again whose result exists", async () => {
    const queue = await openQueue(redis.url, { isDone: async ({ id }) => id === job.id });
    await queue.add([job]);
    await own.flushall();
    expect(await queue.result(job.id)).toBeUndefined();
    expect(await own.exists(`bull:mpa-fer:${job.id}`)).toBe(0);
    await queue.close();
  });

  it("does not block a stop", async () => {
    const queue = await openQueue(redis.url);
    await queue.add([job]);
    const stop = new AbortController();
    const result = failure(queue.result(job.id, stop.signal));
    stop.abort();
    expect(await result).toMatch(/^INTERRUPTED: stopped before/);
    await queue.withdraw([job.id]);
    expect(await own.exists(`bull:mpa-fer:${job.id}`)).toBe(0);
    await queue.close();
  });

  describe("that was emptied is asked again, and that is said, by", () => {
    const running: Running[] = [];
    afterEach(async () => {
      for (const { child, ended } of running.splice(0)) {
        child.kill("SIGKILL");
        await ended;
      }
    });
    const start = (...argv: readonly string[]) => {
      const command = startCommand(argv);
      running.push(command);
      return command;
    };

    it("train, for helpers", async () => {
      const backbone = await writeTinyBackbone(join(folder, "backbone"));
      await drawnFolder(join(folder, "data"), { train: 8, valid: 2 });
      const training = start(
        ...[
          "train",
          "--data",
          join(folder, "data"),
          "--dataset",
          "folder",
          "--backbone",
          backbone,
          "--hard-prompt",
          "2",
        ],
        ...["--batch-size", "12", "--micro-batch", "2", "--epochs", "9999", "--threads", "1", "--redis", redis.url],
        ...["--out", join(folder, "emptied")],
      );
      await training.until(/epoch 2\//);
      await own.flushall();
      const worker = start("worker", "--redis", redis.url, "--threads", "1");
      await training.until(/Redis has lost 5 jobs .*: they are asked for again/);
      await worker.until(/takes parts of training/);
    });

    it("predict and ablate, for their jobs", async () => {
      const backbone = await writeTinyBackbone(join(folder, "backbone"));
      await drawnFolder(join(folder, "data"), { train: 8, valid: 2 });
      const shared = ["--redis", redis.url, "--threads", "1", "--backbone", backbone];
      const commands = [
        start(
          ...["predict", join(folder, "data/valid"), "--no-detect", "--zero-shot", ...shared, "--hard-prompt", "2"],
          ...["--results", join(folder, "results"), "--jsonl", join(folder, "answers.jsonl")],
        ),
        start(
          ...[
            "ablate",
            "sweep",
            "--vary",
            "lr=0.01,0.02",
            "--seeds",
            "1",
            "--data",
            join(folder, "data"),
            "--dataset",
            "folder",
          ],
          ...["--epochs", "1", "--hard-prompt", "2", ...shared, "--out", join(folder, "table")],
        ),
      ];
      for (const command of commands) await command.until(/no worker is connected/);
      await wait(1000);
      await own.flushall();
      for (const command of commands) await command.until(/Redis has lost \d+ jobs .*: they are asked for again/);
      start("worker", "--redis", redis.url, "--threads", "1");
      for (const { ended, said } of commands) expect(await ended, said()).toBe(0);
      expect((await readFile(join(folder, "answers.jsonl"), "utf8")).trim().split("\n")).toHaveLength(6);
    });
  });

  it("may be killed during a training, whose process ends with the run", async () => {
    const backbone = await writeTinyBackbone(join(folder, "backbone"));
    await drawnFolder(join(folder, "data"), { train: 8, valid: 2 });
    const server = await startRedis(await mkdtemp(join(folder, "killed-")));
    const training = startCommand([
      ...["train", "--data", join(folder, "data"), "--dataset", "folder", "--backbone", backbone, "--hard-prompt", "2"],
      ...["--batch-size", "12", "--micro-batch", "2", "--epochs", "6", "--threads", "1", "--out", join(folder, "run")],
      ...["--redis", server.url],
    ]);
    await training.until(/epoch 2\//);
    await server.kill();
    expect(await Promise.race([training.ended, wait(60_000, "it goes on")])).toBe(0);
    expect(training.said()).toContain("epoch 6/");
  });
});
