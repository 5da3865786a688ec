/**
 * Seconds from an open backbone to sessions that can train, with the file in the system's cache.
 * A separate process that uses the built package: with TypeScript sources, the threads of a session would load those first.
 *
 *   node bench/opening.mjs BACKBONE PRECISION THREADS
 */
import { benchSchema } from "../dist/config.js";
import { trainingWork } from "../dist/runs/bench/work.js";
import { openBackboneIn } from "../dist/clip/backbone.node.js";

const [backbone, precision, threads] = process.argv.slice(2);
const config = benchSchema.config.parse({
  backbone,
  precision,
  threads: Number(threads),
  hardPrompt: 2,
  batchSize: 4,
});
const opened = await openBackboneIn(config.precision, backbone, {});
let seconds = 0;
for (let time = 0; time < 2; time++) {
  const start = performance.now();
  const work = await trainingWork(opened, config);
  seconds = (performance.now() - start) / 1000;
  await work.dispose();
}
process.stdout.write(`${seconds}\n`);
