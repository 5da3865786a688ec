/**
 * Cost model of a distributed training step: the protocol of `src/runs/shared` on a simulated clock.
 * Every host has a link of one rate in each direction; a message crosses the sender's and then the receiver's link in chunks.
 */
import { Pipe, VirtualTime, WaitingList } from "./virtualTime.ts";

export interface StepCost {
  /** processes that compute, including the owner of the training */
  readonly workers: number;
  readonly parts: number;
  /** seconds of a micro-batch */
  readonly part: number;
  /** bytes of a step's values, and of an answer */
  readonly message: number;
  /** bytes a second of each link and direction */
  readonly rate: number;
  /** latency of a message in seconds */
  readonly latency: number;
  /** CPU seconds for each message that is written or read, and for each micro-batch */
  readonly handling: number;
  /** whether all processes share one processor, as in the measurement, or have one each */
  readonly oneProcessor?: boolean;
}

/** Bytes of a message's overhead, and of a chunk. */
const [small, chunk] = [200, 16_384];

/** Seconds of one step, from the distribution of the micro-batches to the last answer. */
export async function stepSeconds(cost: StepCost): Promise<number> {
  const { workers, parts, part, message, rate, latency, handling, oneProcessor = false } = cost;
  const time = new VirtualTime();
  const processor = () => new Pipe(time, 1);
  const common = processor();
  const link = () => ({ up: new Pipe(time, rate), down: new Pipe(time, rate) });
  const redis = link();
  const todo = new WaitingList<number>();
  const done = new WaitingList<number>();
  const deliver = async (from: Pipe, to: Pipe, bytes: number) => {
    const pieces = Array.from({ length: Math.ceil(bytes / chunk) }, (_, i) => Math.min(chunk, bytes - i * chunk));
    await Promise.all(
      pieces.map(async (piece) => {
        await from.send(piece);
        await to.send(piece);
      }),
    );
    await time.sleep(latency);
  };
  const host = () => {
    const own = link();
    const handler = oneProcessor ? common : processor();
    return {
      handle: () => handler.send(handling),
      ask: (bytes = small) => deliver(own.up, redis.down, bytes),
      hear: (bytes = small) => deliver(redis.up, own.down, bytes),
    };
  };

  const help = async () => {
    const { ask, hear, handle } = host();
    for (let isFirst = true; ; isFirst = false) {
      // It is already waiting at Redis before the first micro-batch.
      if (!isFirst) await ask();
      await todo.wait();
      await hear();
      if (isFirst) {
        await ask();
        await hear(message);
        await handle();
      }
      await time.sleep(part);
      await handle();
      await ask(message);
      done.push(1);
      await hear();
    }
  };
  const own = async () => {
    const { ask, hear, handle } = host();
    let answers = 0;
    const complete = new WaitingList<true>();
    const answered = () => {
      if (++answers === parts) complete.push(true);
    };
    const listen = async () => {
      for (let isFirst = true; ; isFirst = false) {
        if (!isFirst) await ask();
        await done.wait();
        await hear(message);
        await handle();
        answered();
      }
    };
    const compute = async () => {
      await handle();
      await ask(message);
      for (let i = 0; i < parts; i++) todo.push(i);
      await hear();
      for (;;) {
        await ask();
        const task = todo.pop();
        await hear();
        if (task === undefined) return;
        await time.sleep(part);
        await handle();
        answered();
      }
    };
    void listen();
    void compute();
    await complete.wait();
    return time.now;
  };
  for (let helper = 1; helper < workers; helper++) void help();
  return await time.run(own());
}
