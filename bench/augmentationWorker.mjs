/** A worker thread that augments a batch of pictures to the tower's pixels, one way that `augmentation.ts` measures. */
import { parentPort, workerData } from "node:worker_threads";
import { register } from "tsx/esm/api";

// A worker thread does not inherit the loader by which its process reads TypeScript.
register();
const { readVisits } = await import("../src/data/imageBatch.ts");
const { parseClipPreprocess } = await import("../src/clip/preprocess.ts");
const preprocess = parseClipPreprocess(undefined, workerData.side, "the bench");

parentPort.on("message", async (images) => {
  const visits = images.map((_, index) => ({ index, repeat: 0 }));
  const samples = visits.map(({ index }) => ({ file: String(index), label: 0 }));
  const read = async ({ file }) => images[Number(file)];
  const { pixels } = await readVisits(visits, { samples, read, preprocess, augment: { seed: 1, epoch: 0 } });
  parentPort.postMessage(pixels, [pixels.buffer]);
});
parentPort.postMessage("ready");
