/** Functions that tests call in the browser, with plain data as arguments and results; bytes are base64. */
import { fetchBackbone } from "../../src/clip/backbone.web.ts";
import { ExpressionRecognizer } from "../../src/faces/recognizer.web.ts";
import { openSession, usableThreads } from "../../src/graph/runtime/session.web.ts";
import { targetOf } from "../../src/graph/target.ts";
import type { StepRecord } from "../../src/method/fit.ts";
import { teach } from "../../src/method/teach.ts";
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
