/**
 * Transformers.js' CLIP image tower in Node, a step at a time.
 *
 *   node transformers_js.mjs FOLDER fp32|q8 BATCH THREADS
 *
 * FOLDER is what export_vision.py wrote. Prints {"ready":true} once warm; answers each line "N" with the seconds of N steps.
 */
import { createInterface } from "node:readline";
import { CLIPVisionModelWithProjection, env, Tensor } from "@huggingface/transformers";

const [folder, dtype, batch, threads] = process.argv.slice(2);
env.allowRemoteModels = false;
const model = await CLIPVisionModelWithProjection.from_pretrained(folder, {
  dtype,
  device: "cpu",
  local_files_only: true,
  session_options: { intraOpNumThreads: Number(threads), interOpNumThreads: 1 },
});
const size = model.config.image_size;
const data = Float32Array.from({ length: batch * 3 * size * size }, (_, i) => Math.sin(i));
const pixel_values = new Tensor("float32", data, [Number(batch), 3, size, size]);

async function step() {
  const start = performance.now();
  const { image_embeds } = await model({ pixel_values });
  if (!Number.isFinite(image_embeds.data[0])) throw new Error("the features are not finite");
  return (performance.now() - start) / 1000;
}

await step();
console.log(JSON.stringify({ ready: true }));
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  const step_s = [];
  for (let i = 0; i < Number(line); i++) step_s.push(await step());
  const rss_mb = Math.round(process.resourceUsage().maxRSS / 1024);
  console.log(JSON.stringify({ step_s, rss_mb, losses: {}, peer: `transformers.js ${env.version}` }));
}
