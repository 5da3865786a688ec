/** What goes into the folder that measures a card. */
import { ferClasses } from "../../src/data/sample.ts";

/** ONNX Runtime's libraries for CUDA. */
export const cudaFiles = ["libonnxruntime_providers_shared.so", "libonnxruntime_providers_cuda.so"] as const;

/** Texts of `bench/peers/train_step.py`: class names, and configuration 2 of the hard prompts. */
export const peerTexts: readonly string[] = ferClasses.flatMap((name) => [
  name,
  `a photo of a person making a facial expression of ${name}`,
]);

/** Whether a file of `node_modules` is of no use on Linux x64 without building: the runtime of other systems, types, maps. */
export const isLeftOut = (file: string): boolean => otherSystems.test(file) || forDevelopers.test(file);

const otherSystems = /^onnxruntime-node\/bin\/napi-v6\/(?!linux(?:\/x64|$))|libonnxruntime_providers_/;
const forDevelopers = /\.(?:d\.[cm]?ts|map)$/;
