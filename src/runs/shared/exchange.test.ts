/** Owner of a distributed training: distribution of micro-batches and recovery from failures. */
import { describe, expect, it } from "vitest";
import { RedisStandIn } from "../../../test/redisStandIn.ts";
import {
  answer,
  by,
  computer,
  feeds,
  keys,
  offer,
  opened,
  stepOf,
  until,
  worker,
} from "../../../test/sharedTraining.ts";
import type { Feeds } from "../../graph/runtime/session.ts";
import { encodeAnswer, encodeTask } from "./messages.ts";
import { connectRedis } from "./redis.ts";

describe.concurrent("a shared step", () => {
  it("is computed by the owner alone without workers, micro-batch by micro-batch", async () => {
    await using server = await RedisStandIn.start();
    const exchange = await opened(server);
    const own = computer(0);
    const answers = await exchange.share(stepOf(3), own.run);
    expect(own.tasks).toEqual(
      [0, 1, 2].map((microBatch) => ({
        step: 1,
        microBatch,
        epoch: 3,
        size: 6,
        draws: stepOf(3).microBatches[microBatch].draws,
      })),
    );
    expect(answers.map(({ microBatch, results }) => [microBatch, ...results.L_vt])).toEqual([
      [0, 0],
      [1, 1],
      [2, 2],
    ]);
    expect([exchange.helped, exchange.repeated]).toEqual([0, 0]);
    await exchange.close();
  });

  it("is computed by owner and workers together, each micro-batch once", async () => {
    await using server = await RedisStandIn.start();
    const exchange = await opened(server);
    const workers = [1, 2].map((who) => computer(who));
    const seen: Feeds[] = [];
    const running = await Promise.all(
      workers.map(({ run }) =>
        worker(server, (task, given) => {
          seen.push(given);
          return run(task, given);
        }),
      ),
    );
    for (const [step, microBatches] of [4, 1, 6].entries()) {
      const before = exchange.helped;
      // The owner's own micro-batch lasts until a worker has answered another one.
      const own = computer(0, () => microBatches === 1 || until(() => exchange.helped > before));
      const answers = await exchange.share(stepOf(microBatches), own.run);
      expect(answers.map(({ step: each, microBatch }) => [each, microBatch])).toEqual(
        Array.from({ length: microBatches }, (_, microBatch) => [step + 1, microBatch]),
      );
      const computed = [own, ...workers].flatMap(({ tasks }) => tasks.filter((task) => task.step === step + 1));
      expect(computed.map(({ microBatch }) => microBatch).sort()).toEqual(answers.map(({ microBatch }) => microBatch));
      for (const task of computed) expect(task).toMatchObject({ epoch: 3, size: 2 * microBatches });
    }
    expect(exchange.helped).toBe(workers.flatMap(({ tasks }) => tasks).length);
    expect(exchange.helped).toBeGreaterThan(1);
    expect(exchange.repeated).toBe(0);
    for (const { theta } of seen) expect(theta).toEqual(feeds.theta);
    await exchange.close();
    expect(await Promise.all(running.map(({ end }) => end))).toEqual(workers.map(({ tasks }) => tasks.length));
    for (const { seen: worker } of running) expect(worker).toEqual({ offer, disposed: true });
    expect(server.keys()).toEqual([]);
  });

  it("uses the first answer to a micro-batch, and ignores malformed answers and those to other steps or unknown micro-batches", async () => {
    await using server = await RedisStandIn.start();
    const exchange = await opened(server);
    const other = await connectRedis(server.url);
    const own = computer(0, async ({ microBatch }) => {
      if (microBatch !== 0) return;
      const given = [
        answer({ step: 2, microBatch: 1 }, 5),
        answer({ step: 1, microBatch: 3 }, 6),
        answer({ step: 1, microBatch: 0 }, 7),
        answer({ step: 1, microBatch: 1 }, 8),
        answer({ step: 1, microBatch: 1 }, 9),
      ];
      await other.rpush(keys.done, Buffer.from("no answer"), ...given.map(encodeAnswer));
      await until(() => exchange.helped === 2 && server.list(keys.done).length === 0);
    });
    expect(by(await exchange.share(stepOf(3), own.run))).toEqual([7, 8, 0]);
    expect(own.microBatches()).toEqual([0, 2]);
    expect([exchange.helped, exchange.repeated]).toEqual([2, 0]);
    other.disconnect();
    await exchange.close();
  });

  it("ignores tasks left over from an earlier step", async () => {
    await using server = await RedisStandIn.start();
    const exchange = await opened(server);
    const other = await connectRedis(server.url);
    const first = computer(0);
    await exchange.share(stepOf(2), first.run);
    const left = encodeTask(first.tasks[1]);
    await other.rpush(keys.todo, left);
    const own = computer(0, async ({ microBatch }) => {
      if (microBatch !== 0) return;
      expect(server.list(keys.todo).map((text) => JSON.parse(String(text)))).toMatchObject([
        { step: 2, microBatch: 1 },
      ]);
      await other.rpush(keys.todo, left, (await other.lpop(keys.todo)) ?? "");
    });
    await exchange.share(stepOf(2), own.run);
    expect(own.tasks.map(({ step, microBatch }) => [step, microBatch])).toEqual([
      [2, 0],
      [2, 1],
    ]);
    other.disconnect();
    await exchange.close();
  });
});

describe.concurrent("recovery of a step", () => {
  it("publishes the micro-batches of lost workers again, and computes them in the owner if no other worker does", async () => {
    await using server = await RedisStandIn.start();
    const exchange = await opened(server);
    const lost = await Promise.all([1, 2].map(() => connectRedis(server.url)));
    const taken = lost.map((redis) => redis.blpop(keys.todo, 1000));
    await until(() => server.waiting(keys.todo) === 2);
    const own = computer(0);
    const answers = await exchange.share(stepOf(4), own.run);
    expect((await Promise.all(taken)).map((item) => JSON.parse(item?.[1] ?? "{}").microBatch).sort()).toEqual([0, 1]);
    expect(answers.map(({ microBatch }) => microBatch)).toEqual([0, 1, 2, 3]);
    expect(own.microBatches()).toEqual([2, 3, 0, 1]);
    expect([exchange.helped, exchange.repeated]).toEqual([0, 2]);
    // What comes too late counts for nothing.
    await lost[0].rpush(keys.done, encodeAnswer(answer({ step: 1, microBatch: 0 }, 1)));
    expect(by(await exchange.share(stepOf(2), own.run))).toEqual([0, 0]);
    expect(exchange.helped).toBe(0);
    for (const redis of lost) redis.disconnect();
    await exchange.close();
  });

  it("gives a lost worker's micro-batches to another worker", async () => {
    await using server = await RedisStandIn.start();
    const exchange = await opened(server);
    const lost = await connectRedis(server.url);
    const joiner = computer(1);
    const own = computer(0, async ({ microBatch }) => {
      if (microBatch !== 0) return;
      // The lost one takes three micro-batches with it while the owner computes the first; then another worker joins.
      for (let i = 0; i < 3; i++) await lost.lpop(keys.todo);
      await worker(server, joiner.run);
    });
    const answers = await exchange.share(stepOf(4), own.run);
    expect(answers.map(({ microBatch }) => microBatch)).toEqual([0, 1, 2, 3]);
    expect([...own.microBatches(), ...joiner.microBatches()].sort()).toEqual([0, 1, 2, 3]);
    expect(joiner.microBatches()).not.toEqual([]);
    expect([exchange.helped, exchange.repeated]).toEqual([joiner.microBatches().length, 3]);
    lost.disconnect();
    await exchange.close();
  });

  it("completes the step without Redis, and offers the training again after Redis restarts empty", async () => {
    await using server = await RedisStandIn.start();
    const connection = connectRedis(server.url);
    const exchange = await opened(server, connection);
    const redis = await connection;
    const own = computer(0, async ({ step, microBatch }) => {
      if (step !== 1 || microBatch !== 1) return;
      await server.stop();
      await until(() => redis.status !== "ready");
    });
    expect(by(await exchange.share(stepOf(3), own.run))).toEqual([0, 0, 0]);
    expect(by(await exchange.share(stepOf(2), own.run))).toEqual([0, 0]);
    expect(own.microBatches()).toEqual([0, 1, 2, 0, 1]);
    await server.start();
    await until(() => server.keys().includes(keys.offer));
    const { end } = await worker(server, computer(1).run);
    const later = computer(0, () => until(() => exchange.helped === 1));
    expect(by(await exchange.share(stepOf(2), later.run)).sort()).toEqual([0, 1]);
    await exchange.close();
    expect(await end).toBe(1);
  });

  it("continues without an unresponsive Redis, and uses it again from the next step", async () => {
    await using server = await RedisStandIn.start();
    const exchange = await opened(server);
    const release = server.pause();
    const own = computer(0);
    expect(by(await exchange.share(stepOf(3), own.run))).toEqual([0, 0, 0]);
    // It was asked once, and not again for each micro-batch.
    release();
    await until(() => server.list(keys.todo).length === 3);
    expect(server.received).not.toContain("LPOP");
    const { end } = await worker(server, computer(1).run);
    const later = computer(0, () => until(() => exchange.helped === 1));
    expect(by(await exchange.share(stepOf(2), later.run)).sort()).toEqual([0, 1]);
    await exchange.close();
    await end;
  });
});
