/**
 * Memory over many pictures: `npx tsx bench/flatMemory.ts DIR COUNT docs/records/memory.json`.
 * Predicts COUNT pictures, cycling through those of DIR, with detection, and records the resident memory after every tenth.
 */
import { cpus } from "node:os";
import type { Predicted } from "../src/apps/predict/filePrediction.ts";
import { predictSchema } from "../src/apps/predict/options.ts";
import { filesOf } from "../src/apps/predict/pictures.ts";
import { predictPictures } from "../src/apps/predict/predictPictures.ts";
import { ExpressionRecognizer } from "../src/faces/recognizer.node.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";

const [folder, given, out] = process.argv.slice(2);
const count = Number(given);
const { batchSize } = predictSchema.config.parse({ files: [folder] });
const files = await filesOf([folder]);

async function* pictures(): AsyncGenerator<Predicted> {
  for (let i = 0; i < count; i++) {
    const file = files[i % files.length];
    yield { answer: { file, faces: [] }, image: file };
  }
}

const megabytes = () => Math.round(process.memoryUsage.rss() / 1e6);
await using fer = await ExpressionRecognizer.load();
const started = performance.now();
const resident: { pictures: number; megabytes: number }[] = [];
let done = 0;
let faces = 0;
for await (const { answer } of predictPictures(fer, pictures(), { detect: true, smoothing: 0, batchSize })) {
  faces += answer.faces.length;
  if (++done % (count / 10) === 0) {
    resident.push({ pictures: done, megabytes: megabytes() });
    console.error(done, megabytes());
  }
}
const seconds = Math.round((performance.now() - started) / 1000);
const record = {
  command: `npx tsx bench/flatMemory.ts DIR ${count} docs/records/memory.json`,
  pictures: { count, different: files.length },
  faces,
  seconds,
  resident,
  machine: { processor: cpus()[0].model.trim(), cores: cpus().length, node: process.version },
};
await writeFileAtomic(out, `${JSON.stringify(record, null, 2)}\n`);
