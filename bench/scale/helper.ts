/** Worker for simulated trainings: each line names one and the milliseconds of a micro-batch; it answers at the end. */
import { connectRedis } from "../../src/runs/shared/redis.ts";
import { runStepWorker } from "../../src/runs/shared/stepWorker.ts";
import { answerLines } from "./lines.ts";
import { timedMicroBatch } from "./work.ts";

const [url] = process.argv.slice(2);

await answerLines(async (line) => {
  const [training, part] = line.split(" ");
  const redis = await connectRedis(url);
  while ((await redis.exists(`mpa-fer:{${training}}:offer`)) === 0) await redis.ping();
  const parts = await runStepWorker(redis, training, {
    open: async () => ({ run: timedMicroBatch(Number(part)), dispose: async () => undefined }),
  });
  redis.disconnect();
  return String(parts);
});
