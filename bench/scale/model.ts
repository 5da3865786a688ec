/**
 * What a step of a shared training costs: the protocol of `src/parallel` on a clock that jumps. Every host, and Redis's, has a link
 * of one rate each way; a message goes in chunks over the sender's link and then the receiver's.
 */
import { Pipe, VirtualTime, WaitingList } from "./virtualTime.ts";

export interface StepCost {
  /** processes that compute, the training's own among them */
  readonly workers: number;
  readonly parts: number;
  /** seconds that a part takes */
  readonly part: number;
  /** bytes of a step's values, and of an answer */
  readonly message: number;
  /** bytes a second of each link, each way */
  readonly rate: number;
  /** seconds that a message is on its way beside that */
  readonly latency: number;
  /** seconds of processor for each message that is written or read, and around each part */
  readonly handling: number;
  /** whether all processes share one processor, as where this was measured, or have one each */
  readonly oneProcessor?: boolean;
}

/** Bytes of what is neither values nor an answer, and of a piece that a link sends at once. */
const [small, chunk] = [200, 16_384];

/** Seconds of one step, from giving the parts away to the last answer. */
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
      // Before the first part it waits at Redis already.
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
