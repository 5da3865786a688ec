/** Functions that tests call in the browser, with plain data as arguments and results; bytes are base64. */
import { fetchBackbone } from "../../src/clip/backbone.web.ts";
import { ExpressionRecognizer } from "../../src/faces/recognizer.web.ts";
import { toOnnx } from "../../src/graph/onnx.ts";
import { add, matmul } from "../../src/graph/ops/index.ts";
import { graphicsAdapter, openSession, usableThreads } from "../../src/graph/runtime/session.web.ts";
import { targetOf } from "../../src/graph/target.ts";
import { constant, input } from "../../src/graph/tensor.ts";
import type { StepRecord } from "../../src/method/fit.ts";
import { teach } from "../../src/method/teach.ts";
import { CameraFrames } from "../../src/pictures/cameraFrames.web.ts";
import { decodeBrowserImage } from "../../src/pictures/decode.web.ts";
import { type ContractRuntime, keepContract, sweepOperators } from "../sessionContract.ts";
import { fromBase64, toBase64 } from "./base64.ts";

const web = (provider: string): ContractRuntime => ({
  target: targetOf(provider),
  open: async (weights) => (model, options) =>
    openSession(model, { provider, weightBytes: weights.length === 0 ? {} : { "weights.bin": weights }, ...options }),
});

export interface PlainFewShotSet {
  readonly classes: readonly string[];
  readonly faces: readonly { readonly label: number; readonly picture: string }[];
  readonly seed: number;
  readonly epochs: number;
}

const recognizers = new Map<string | undefined, Promise<ExpressionRecognizer>>();

/** Recognizers by provider, loaded once. */
function recognizer(provider: string | undefined): Promise<ExpressionRecognizer> {
  const known = recognizers.get(provider) ?? ExpressionRecognizer.load({ models: "/", provider });
  recognizers.set(provider, known);
  return known;
}

const inBrowser = {
  contract: (provider: string) => keepContract(web(provider)),
  operators: (provider: string) => sweepOperators(web(provider)),
  threads: () => usableThreads(),
  adapter: () => graphicsAdapter(),

  /** The message with which a provider refuses a graph that was written for the CPU, whose fused product it lacks, and what the console got. */
  refusal: async (provider: string, withOthers: boolean) => {
    const { error } = console;
    const told: unknown[] = [];
    console.error = (...given: unknown[]) => told.push(...given);
    const y = constant(Float32Array.of(5, 6, 7, 8), [1, 2, 2]);
    const fused = matmul(input("x", [1, 1, 2]), y, { transB: true, alpha: 0.5 });
    const out = withOthers ? add(matmul(fused, y, { transB: true, alpha: 2 }), input("z", [1, 1, 2])) : fused;
    try {
      await openSession(toOnnx({ out }, {}, { target: targetOf("cpu") }), { provider });
      return { message: "none", told };
    } catch (failure) {
      return { message: failure instanceof Error ? failure.message : "none", told };
    } finally {
      console.error = error;
    }
  },

  /**
   * A camera's frame with a left half of (200, 100, 50) and a right half of (10, 20, 30), as a `VideoFrame` and as an `ImageBitmap`:
   * what is read of it but for its pixels, and those at some places.
   */
  cameraFrame: async (width: number, height: number, places: readonly (readonly [x: number, y: number])[]) => {
    const pixels = new ImageData(width, height);
    for (let i = 0; i < width * height; i++) {
      pixels.data.set(i % width < width / 2 ? [200, 100, 50, 255] : [10, 20, 30, 255], 4 * i);
    }
    const frames = new CameraFrames();
    const layout = { format: "RGBA", codedWidth: width, codedHeight: height, timestamp: 0 } as const;
    const found = [];
    for (const frame of [new VideoFrame(pixels.data, layout), await createImageBitmap(pixels)]) {
      const { data, ...size } = await frames.read(frame);
      frame.close();
      const at = ([x, y]: readonly [number, number]) => [
        ...data.slice(3 * (size.width * y + x), 3 * (size.width * y + x) + 3),
      ];
      found.push({ size, values: data.length, pixels: places.map(at) });
    }
    return found;
  },

  predict: async (pictures: readonly string[], detect: boolean, provider?: string) => {
    const fer = await recognizer(provider);
    const answers = [];
    for (const picture of pictures) answers.push(await fer.predict(new Blob([fromBase64(picture)]), { detect }));
    return answers;
  },

  /** Runs an exported file with ONNX Runtime only, without this library. */
  exported: async (file: string, pixels: string, shape: readonly number[]) => {
    const { InferenceSession, Tensor } = await import("onnxruntime-web/wasm");
    const session = await InferenceSession.create(fromBase64(file));
    const values = new Float32Array(fromBase64(pixels).buffer);
    const { probabilities } = await session.run({ pixel_values: new Tensor("float32", values, shape) });
    return Array.from(probabilities.data, Number);
  },

  teach: async ({ classes, faces, seed, epochs }: PlainFewShotSet, provider = "wasm", threads = usableThreads()) => {
    const backbone = await fetchBackbone(new URL("/faceclip-mini", location.href));
    const images = await Promise.all(
      faces.map(async ({ label, picture }) => ({ label, image: await decodeBrowserImage(fromBase64(picture)) })),
    );
    const losses: StepRecord["losses"][] = [];
    const runtime = { provider, threads };
    const options = { runtime, epochs, onStep: (step: StepRecord) => losses.push(step.losses) };
    const { checkpoint, ...rest } = await teach(backbone, { classes, faces: images, seed }, options);
    return { losses, checkpoint: toBase64(checkpoint), ...rest };
  },
};

declare global {
  interface Window {
    inBrowser: typeof inBrowser;
  }
}
window.inBrowser = inBrowser;
