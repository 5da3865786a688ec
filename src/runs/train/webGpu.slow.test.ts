/** A training, a benchmark and face detection on WebGPU, by the software adapter. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { fixtures } from "../../../test/parity.ts";
import { hasSoftwareAdapter, useSoftwareAdapter } from "../../../test/softwareAdapter.ts";
import { TrainingFolder } from "../../../test/trainingFolder.ts";
import { centerFaceModel } from "../../faces/centerFace.ts";
import { openSession } from "../../graph/runtime/session.node.ts";
import type { Results } from "../../graph/runtime/session.ts";
import { packageFile } from "../../platform/package.node.ts";
import { bench } from "../bench/bench.ts";
import { benchSchema } from "../bench/options.ts";
import { train } from "./train.ts";

const folder = new TrainingFolder();

describe.skipIf(!hasSoftwareAdapter)("on the software adapter", { timeout: 600_000 }, () => {
  beforeAll(() => useSoftwareAdapter());

  it("a run trains as on the CPU, and records the adapter and that no node was elsewhere", async () => {
    const options = { epochs: 1, maxSteps: 2, batchSize: 4 };
    await train(folder.config("cpu", options));
    await train(folder.config("card", { ...options, provider: "webgpu" }));
    const [expected, found] = [await folder.json("cpu", "run.json"), await folder.json("card", "run.json")];
    expect(found.provider).toBe("webgpu");
    expect(found.adapter).toMatch(/swiftshader/i);
    expect(Object.keys(found.nodes)).toEqual(["webgpu"]);
    expect([expected.adapter, expected.nodes]).toEqual([undefined, undefined]);
    expect(found.metrics.confusion).toEqual(expected.metrics.confusion);
    expect(found.microBatch).toBe(4);
  });

  it("a benchmark tells the adapter, and the nodes of training and of prediction", async () => {
    const given = {
      backbone: join(fixtures, "tiny-clip"),
      variant: "coop",
      provider: "webgpu",
      batchSize: 2,
      steps: 1,
      threads: 1,
    };
    const { adapter, nodes, micro_batch } = await bench(benchSchema.config.parse(given));
    expect(adapter).toMatch(/swiftshader/i);
    expect([Object.keys(nodes?.train ?? {}), Object.keys(nodes?.predict ?? {})]).toEqual([["webgpu"], ["webgpu"]]);
    expect(micro_batch).toBe(2);
  });

  it("the face detector runs whole, and finds the same", async () => {
    const bytes = await readFile(packageFile("models/centerface/model.onnx"));
    const pixels = new Float32Array(3 * 64 * 96).map((_, i) => (i * 7919) % 255);
    const answers: Results[] = [];
    for (const provider of ["cpu", "webgpu"]) {
      const session = await openSession(centerFaceModel(bytes), { provider, threads: 1, countsNodes: true });
      answers.push(await session.run({ pixels }, { pixels: [1, 3, 64, 96] }));
      expect(Object.keys(session.placement?.() ?? {})).toEqual([provider]);
      await session.dispose();
    }
    for (const [name, values] of Object.entries(answers[0])) {
      const gaps: number[] = [];
      for (let i = 0; i < values.length; i++) gaps.push(Math.abs(Number(answers[1][name][i]) - Number(values[i])));
      expect(Math.max(...gaps), name).toBeLessThan(1e-4);
    }
  });
});
