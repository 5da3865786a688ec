/** Worker of a distributed training: when it ends, and what it skips. */
import { describe, expect, it } from "vitest";
import { RedisStandIn } from "../../../test/redisStandIn.ts";
import {
  by,
  computer,
  feeds,
  keys,
  offer,
  opened,
  stepOf,
  training,
  until,
  worker,
} from "../../../test/sharedTraining.ts";
import { encodeFeeds, encodeTask, type StepTask } from "./messages.ts";
import { connectRedis } from "./redis.ts";
import { runStepWorker } from "./stepWorker.ts";
import { silence } from "./trainingKeys.ts";

describe.concurrent("a worker", () => {
  it("ends a minute after the owner's last sign of life, and does not start after that", async () => {
    await using server = await RedisStandIn.start();
    const exchange = await opened(server);
    expect(server.ttl(keys.offer)).toBe(silence);
    await exchange.share(stepOf(1), computer(0).run);
    expect(server.ttl(keys.feeds)).toBe(silence);
    const { end, seen } = await worker(server, computer(1).run);
    server.pass(silence - 1);
    expect(server.keys()).toEqual([keys.feeds, keys.offer]);
    server.pass(1);
    expect(server.keys()).toEqual([]);
    expect(await end).toBe(0);
    expect(seen.disposed).toBe(true);
    const late = await connectRedis(server.url);
    const open = () => Promise.reject(new Error("nothing to open"));
    expect(await runStepWorker(late, training, { open })).toBe(0);
    late.disconnect();
    await exchange.close();
  });

  it("skips a micro-batch whose step's feeds are missing or of another step", async () => {
    await using server = await RedisStandIn.start();
    const owner = await connectRedis(server.url);
    await owner.set(keys.offer, Buffer.from(offer), "EX", silence);
    const one = computer(1);
    const { end } = await worker(server, one.run);
    const task = (step: number): StepTask => ({
      step,
      microBatch: 0,
      epoch: 0,
      size: 1,
      draws: [{ index: 0, repeat: 0 }],
    });
    await owner.rpush(keys.todo, encodeTask(task(1)));
    await until(() => server.list(keys.todo).length === 0);
    await owner.set(keys.feeds, encodeFeeds({ step: 3, feeds }), "EX", silence);
    await owner.rpush(keys.todo, ...[2, 3].map((step) => encodeTask(task(step))));
    await until(() => server.list(keys.done).length > 0);
    expect(one.tasks.map(({ step }) => step)).toEqual([3]);
    await owner.del(keys.offer);
    expect(await end).toBe(1);
    owner.disconnect();
  });

  it("stops on its signal after answering the current micro-batch", async () => {
    await using server = await RedisStandIn.start();
    const exchange = await opened(server);
    const stop = new AbortController();
    const { end, seen } = await worker(server, computer(1, () => stop.abort()).run, { signal: stop.signal });
    const own = computer(0, () => until(() => exchange.helped === 1));
    expect(by(await exchange.share(stepOf(3), own.run)).sort()).toEqual([0, 0, 1]);
    expect(await end).toBe(1);
    expect(seen.disposed).toBe(true);
    await exchange.close();
  });
});
