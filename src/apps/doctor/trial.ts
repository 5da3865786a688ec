/** Trial of an execution provider: a training timed for some seconds, and whether it computes in half precision. */
import { openBackboneIn } from "../../clip/backbone.node.ts";
import { defaultBackbone } from "../../clip/backbone.ts";
import { toOnnx } from "../../graph/onnx.ts";
import { cast, mul } from "../../graph/ops/index.ts";
import { openSession } from "../../graph/runtime/session.node.ts";
import { input } from "../../graph/tensor.ts";
import { messageOf } from "../../platform/errors.ts";
import { benchSchema } from "../../runs/bench/options.ts";
import { trainingWork } from "../../runs/bench/work.ts";

/** What a provider can do. */
export interface Trial {
  readonly provider: string;
  /** images per second of training the embedded backbone; absent if it failed */
  readonly imagesPerSecond?: number;
  /** whether it computes in half precision (on WebGPU the feature `shader-f16`); absent for the processor */
  readonly halfPrecision?: boolean;
  /** why no step ran, in one line */
  readonly failed?: string;
}

/** Images per step of a trial. */
export const trialBatch = 32;

/**
 * Looks for half precision, then trains for about `seconds`, at least one step after one to warm up. `onPart` receives what is known before
 * the training, which may not end. Failures of the provider are part of the result.
 */
export async function tryProvider(
  provider: string,
  seconds: number,
  onPart: (known: Trial) => void = () => undefined,
): Promise<Trial> {
  const known = provider === "cpu" ? { provider } : { provider, halfPrecision: await hasHalfPrecision(provider) };
  onPart(known);
  try {
    return { ...known, imagesPerSecond: await trainingRate(provider, seconds) };
  } catch (error) {
    return { ...known, failed: messageOf(error) };
  }
}

async function trainingRate(provider: string, seconds: number): Promise<number> {
  const config = benchSchema.config.parse({ provider, batchSize: trialBatch, work: "train" });
  const backbone = await openBackboneIn(config, defaultBackbone, {});
  const work = await trainingWork(backbone, config);
  try {
    const started = performance.now();
    await work.step();
    const warm = performance.now();
    let steps = 0;
    do {
      await work.step();
      steps++;
    } while (performance.now() - started < 1000 * seconds);
    return (1000 * steps * trialBatch) / (performance.now() - warm);
  } finally {
    await work.dispose();
  }
}

/** Whether a product of half-precision numbers runs; a provider without them refuses to open or run it. */
async function hasHalfPrecision(provider: string): Promise<boolean> {
  const x = cast(input("x", [8]), "float16");
  try {
    const session = await openSession(toOnnx({ y: cast(mul(x, x), "float32") }), { provider });
    const { y } = await session.run({ x: new Float32Array(8).fill(1.5) }).finally(() => session.dispose());
    return Number(y[0]) === 2.25;
  } catch {
    return false;
  }
}
