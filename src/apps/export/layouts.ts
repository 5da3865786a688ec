/** Folder layouts for other programs that serve the classifier. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type ClipPreprocess, preprocessorConfig } from "../../clip/preprocess.ts";
import { inputName } from "../../method/classifierModel.ts";
import { nameLines } from "../../platform/escape.ts";

export interface Exported {
  readonly bytes: Uint8Array;
  readonly classes: readonly string[];
  readonly preprocess: ClipPreprocess;
  readonly precision: "fp32" | "int8";
}

/** Writes a layout into an empty folder. */
export type WriteLayout = (folder: string, exported: Exported) => Promise<void>;

/** Layout for `pipeline("image-classification", folder)` of @huggingface/transformers. */
export const writeTransformersFolder: WriteLayout = async (folder, { bytes, classes, preprocess, precision }) => {
  const config = {
    // the library selects its model class by this name; the graph is this project's own
    model_type: "vit",
    architectures: ["ViTForImageClassification"],
    image_size: preprocess.imageSize,
    num_channels: 3,
    num_labels: classes.length,
    id2label: Object.fromEntries(classes.map((name, c) => [c, name])),
    label2id: Object.fromEntries(classes.map((name, c) => [name, c])),
  };
  await mkdir(join(folder, "onnx"));
  await writeFile(join(folder, "onnx", precision === "int8" ? "model_quantized.onnx" : "model.onnx"), bytes);
  await writeFile(join(folder, "config.json"), json(config));
  await writeFile(join(folder, "preprocessor_config.json"), json(preprocessorConfig(preprocess)));
};

/** Model repository for Triton's ONNX Runtime backend, with one model named `expressions`. */
export const writeTritonFolder: WriteLayout = async (folder, { bytes, classes, preprocess }) => {
  const { imageSize } = preprocess;
  const tensor = (name: string, dims: readonly number[], more = "") =>
    `  { name: "${name}" data_type: TYPE_FP32 dims: [ ${dims.join(", ")} ]${more} }`;
  const config = `name: "expressions"
backend: "onnxruntime"
max_batch_size: 64
input [
${tensor(inputName, [3, imageSize, imageSize])}
]
output [
${tensor("logits", [classes.length])},
${tensor("probabilities", [classes.length], ' label_filename: "labels.txt"')}
]
dynamic_batching { max_queue_delay_microseconds: 2000 }
`;
  const labels = nameLines(classes, "CHECKPOINT", "labels.txt");
  const model = join(folder, "expressions");
  await mkdir(join(model, "1"), { recursive: true });
  await writeFile(join(model, "1", "model.onnx"), bytes);
  await writeFile(join(model, "config.pbtxt"), config);
  await writeFile(join(model, "labels.txt"), labels);
  await writeFile(join(model, "preprocessor_config.json"), json(preprocessorConfig(preprocess)));
};

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
