/** A device whose memory is too small, by sessions that say so as a real one does. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { fixtures } from "../../test/parity.ts";
import { openBackbone } from "../clip/backbone.node.ts";
import type { Backbone } from "../clip/backbone.ts";
import { runFailure } from "../graph/runtime/failures.ts";
import { elements } from "../graph/tensor.ts";
import { benchSchema } from "../runs/bench/options.ts";
import { benchBatch, benchSpec } from "../runs/bench/work.ts";
import { initialPrompts } from "./prompts.ts";
import { runStep } from "./step.ts";
import { openTrainingSession } from "./trainingSession.ts";

/** The backbone on a device that holds runs of this many images: its sessions run on the CPU, and fail above that. */
function onDevice(backbone: Backbone, fitting: number): Backbone {
  return {
    ...backbone,
    open: async (model, options) => {
      const session = await backbone.open(model, { ...options, provider: "cpu", countsNodes: false });
      const images = model.inputs.pixels?.shape[0] ?? 0;
      const message = "Failed to allocate memory for requested buffer of size 1";
      const run: typeof session.run = (feeds, shapes) =>
        images > fitting ? Promise.reject(runFailure("cuda", new Error(message))) : session.run(feeds, shapes);
      return { ...session, run };
    },
  };
}

async function stepOn(fitting: number) {
  const real = await openBackbone(join(fixtures, "tiny-clip"));
  const backbone = onDevice(real, fitting);
  const config = benchSchema.config.parse({ variant: "coop", batchSize: 12, threads: 1 });
  const spec = await benchSpec(real, config);
  // Its graphs are for CUDA, whose operators the CPU has as well.
  const training = await openTrainingSession(backbone, spec, { ...config, provider: "cuda", form: "pixels" });
  expect(training.stepOptions.microBatch).toBe(12);
  const batch = benchBatch(real, 12);
  expect(batch.images.length).toBe(elements([12, 3, 32, 32]));
  try {
    return await runStep(training.sessions, initialPrompts(spec.shapes, 1), batch, training.stepOptions);
  } finally {
    await training.dispose();
  }
}

it("takes the whole batch in one run, where it fits", async () => {
  expect((await stepOn(12)).losses.L_vt).toBeGreaterThan(0);
});

it.each([
  [
    7,
    "the memory of cuda's device does not hold this graph with micro-batches of 12. Fix: use --micro-batch 6, which fits",
  ],
  [
    1,
    "the memory of cuda's device does not hold this graph with micro-batches of 12. Fix: use --micro-batch 1, which fits",
  ],
  [0, "the memory of cuda's device does not hold this graph with micro-batches of 12. Fix: use a smaller backbone"],
])("on a device for %d images it names the micro-batch that fits", async (fitting, message) => {
  await expect(stepOn(fitting)).rejects.toMatchObject({ code: "MEMORY", message: expect.stringContaining(message) });
});
