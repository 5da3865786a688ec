/** Owner of simulated trainings: each line describes one; the answer has the milliseconds of each step. Argument: Redis. */
import { Exchange } from "../../src/runs/shared/exchange.ts";
import { connectRedis } from "../../src/runs/shared/redis.ts";
import { answerLines } from "./lines.ts";
import { feeds, type TimedSteps, timedMicroBatch } from "./work.ts";

const [url] = process.argv.slice(2);

await answerLines(async (line) => {
  const { training, steps, parts, part }: TimedSteps = JSON.parse(line);
  const exchange = new Exchange(await connectRedis(url), training, new Uint8Array(8));
  await exchange.open(url);
  const visits = Array.from({ length: parts }, (_, index) => [{ index, repeat: 0 }]);
  const times: number[] = [];
  for (let step = 0; step < steps; step++) {
    const started = performance.now();
    await exchange.share({ epoch: 0, size: parts, microBatches: visits, feeds: feeds() }, timedMicroBatch(part));
    times.push(performance.now() - started);
  }
  const { helped, repeated } = exchange;
  await exchange.close();
  return JSON.stringify({ times, helped, repeated });
});
