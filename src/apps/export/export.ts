/** `export`: a classifier for other programs, verified against `predict` before it is written. */

import type { OnnxModel } from "../../graph/onnx.ts";
import { openSession } from "../../graph/runtime/session.node.ts";
import { classifierModel, inputName } from "../../method/classifierModel.ts";
import { openModel } from "../../method/model.node.ts";
import type { Model } from "../../method/model.ts";
import type { RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { writeFileAtomic } from "../../platform/files.node.ts";
import { makeFolder, requireFreeFolder } from "../../platform/folders.node.ts";
import { Random } from "../../platform/random.ts";
import { type Exported, type WriteLayout, writeTransformersFolder, writeTritonFolder } from "./layouts.ts";
import type { ExportConfig } from "./options.ts";

/** Result of an export and of its verification. */
export interface ExportResult {
  readonly out: string;
  readonly layout: "file" | "transformers" | "triton";
  readonly bytes: number;
  readonly classes: readonly string[];
  /** largest difference of a probability between the file and `predict` over a few random pictures */
  readonly difference: number;
}

const folders: Readonly<Partial<Record<ExportConfig["layout"], WriteLayout>>> = {
  transformers: writeTransformersFolder,
  triton: writeTritonFolder,
};

/** Exports a classifier. An existing file is replaced; a folder must be empty or absent. Throws WRITE, USAGE for half precision, and the errors of `openModel`. */
export async function exportClassifier(config: ExportConfig, context: RunContext = {}): Promise<ExportResult> {
  const { out, layout } = config;
  if (config.precision === "fp16") {
    throw new MpaError("USAGE", "export writes files in single precision and in eight bits", {
      fix: "use --precision fp32 or int8",
    });
  }
  // A dynamic batch is not split in halves, which Strassen's scheme requires.
  const precision: Exported["precision"] = config.precision === "int8" ? "int8" : "fp32";
  const writeLayout = folders[layout];
  if (writeLayout !== undefined) await requireFreeFolder(out);
  const model = await openModel(config, context);
  const exported = await classifierModel(model);
  const difference = await compare(model, exported);
  if (!(difference <= maxDifference[precision])) {
    throw new MpaError("INTERNAL", `the file's probabilities differ by ${difference}`, { fix: "report this as a bug" });
  }
  const { classes, preprocess } = model;
  const { bytes } = exported;
  if (writeLayout === undefined) await writeFileAtomic(out, bytes);
  else await makeFolder(out, (folder) => writeLayout(folder, { bytes, classes, preprocess, precision }));
  return { out, layout, bytes: bytes.length, classes, difference };
}

/** Tolerances of the verification; 8-bit probabilities depend slightly on the rest of the batch. */
const maxDifference = { fp32: 1e-4, int8: 0.1 } as const;

/** Compares batches of different sizes, because the exported batch is dynamic. */
async function compare(model: Model, exported: OnnxModel): Promise<number> {
  const { imageSize } = model.clip.config.vision;
  const classifier = await model.open(1);
  const session = await openSession(exported);
  try {
    let max = 0;
    for (const batch of [1, 3]) {
      const random = new Random("export", batch);
      const pixels = Float32Array.from({ length: batch * 3 * imageSize ** 2 }, () => random.normal());
      const expected = await classifier.classify(pixels, batch);
      const { probabilities } = await session.run(
        { [inputName]: pixels },
        { [inputName]: [batch, 3, imageSize, imageSize] },
      );
      max = Math.max(max, ...expected.map((p, i) => Math.abs(p - Number(probabilities[i]))));
    }
    return max;
  } finally {
    await classifier.dispose();
    await session.dispose();
  }
}
