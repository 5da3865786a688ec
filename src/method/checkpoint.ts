/**
 * The checkpoint format: learned tensors, prototypes and class text features θ as safetensors, with metadata that
 * identifies the model. The frozen backbone is not included.
 */
import { z } from "zod";
import type { Backbone } from "../clip/backbone.ts";
import { writeSafetensors } from "../clip/safetensors.ts";
import { parseTensorFile } from "../clip/weights.ts";
import { checkClassNames } from "../data/classNames.ts";
import { isSameClass } from "../data/expressionNames.ts";
import type { SelectionSplit } from "../data/sample.ts";
import { sameShape } from "../graph/ops/index.ts";
import type { TensorData } from "../graph/tensor.ts";
import { MpaError } from "../platform/errors.ts";
import { parseStrictJson } from "../platform/json.ts";
import { quoted, quotedList } from "../platform/quote.ts";
import { hardPromptConfigurations } from "./hardPrompts.ts";
import { matchingLossNames } from "./losses.ts";
import { contexts, type Prompts, promptShapes, softTexts } from "./prompts.ts";

export const checkpointFormat = "mpa-fer/1";

const fileConfigSchema = z.object({
  context: z.enum(contexts),
  softText: z.enum(softTexts),
  hardPrompt: z.literal(hardPromptConfigurations),
  template: z.string().optional(),
  visualPrompts: z.number().int().nonnegative(),
  localTopK: z.number().int().nonnegative(),
  beta: z.number(),
  gamma: z.number(),
  prototypeLoss: z.enum(matchingLossNames),
  tau: z.number().positive(),
});
const backboneSchema = z.object({ name: z.string(), sha256: z.string() });
/** Beyond these bounds softmax has no finite answer in single precision, or says nothing. */
const inferenceSchema = z.object({
  temperature: z.number().min(1e-3).max(1e3),
  flip: z.boolean(),
  adjustment: z.array(z.number().min(-100).max(100)).optional(),
});

/** For answers of as many classes. */
const inferenceOf = (classes: number) =>
  inferenceSchema.refine(({ adjustment }) => adjustment === undefined || adjustment.length === classes);

/** Files call `topK` by its original name, `localTopK`. */
const configSchema = fileConfigSchema.transform(({ localTopK, ...config }) => ({ ...config, topK: localTopK }));

/** The method settings of a checkpoint; a disabled component has the value 0. */
export interface CheckpointConfig {
  readonly context: "class-specific" | "unified";
  readonly softText: "class-name" | "hard-prompt";
  readonly hardPrompt: 1 | 2 | 3;
  /** template of the hard prompts instead of `hardPrompt`'s; absent in most files */
  readonly template?: string | undefined;
  /** P, visual prompts per layer */
  readonly visualPrompts: number;
  /** k of Eq. 9, local features per class */
  readonly topK: number;
  /** weight of L_t */
  readonly beta: number;
  /** weight of L_v */
  readonly gamma: number;
  readonly prototypeLoss: "cosine" | "l1";
  /** temperature of soft-hard alignment */
  readonly tau: number;
}

/** The configuration as stored in the file. Properties outside the format are dropped. */
export const checkpointConfigJson = (config: CheckpointConfig): string =>
  JSON.stringify(fileConfigSchema.parse({ ...config, localTopK: config.topK }));

/** How a checkpoint's logits become probabilities. */
export interface Inference {
  /** what the logits are divided by (Guo et al. 2017, section 4.2) */
  readonly temperature: number;
  /** each face is read a second time mirrored, and the logits are averaged */
  readonly flip: boolean;
  /**
   * [C], added to the logits before they are divided by the temperature, for classes that are more frequent where the model is used
   * than where it was trained (logit adjustment, Menon et al. 2021, section 4)
   */
  readonly adjustment?: readonly number[] | undefined;
}

/** Inference of a checkpoint that says nothing of it, as `train` writes them, and of zero-shot. */
export const plainInference: Inference = { temperature: 1, flip: false };

/** Trained prompts, with the metadata needed to use them on their backbone. */
export interface Checkpoint {
  /** learned tensors by name; none where θ is that of the hard prompts */
  readonly prompts: Prompts;
  /** p: [C, E] */
  readonly prototypes?: TensorData;
  /** θ: [C, E], normalised */
  readonly theta: TensorData;
  /** class names in logit order */
  readonly classes: readonly string[];
  readonly config: CheckpointConfig;
  readonly backbone: Pick<Backbone, "name" | "sha256">;
  /** split on which the best epoch was selected; `test` only under the paper's protocol */
  readonly selection?: SelectionSplit;
  /** the average that the prompts are, such as "exponential moving average, decay 0.99"; absent if they are those of one step */
  readonly average?: string | undefined;
  /** @internal default `plainInference` */
  readonly inference?: Inference;
}

/** Value of the metadata field `prompts` where no tensor was learned. */
const hardOnly = "hard";

const hasLearned = (prompts: Prompts): boolean => Object.keys(prompts).length > 0;

const prototypesName = "prototypes";
const thetaName = "text.features";

/** Encodes a checkpoint as a safetensors file. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const tensors = new Map(Object.entries(checkpoint.prompts));
  if (checkpoint.prototypes !== undefined) tensors.set(prototypesName, checkpoint.prototypes);
  tensors.set(thetaName, checkpoint.theta);
  return writeSafetensors(tensors, {
    format: checkpointFormat,
    classes: JSON.stringify(checkpoint.classes),
    config: checkpointConfigJson(checkpoint.config),
    backbone: JSON.stringify(checkpoint.backbone),
    ...(checkpoint.selection === "test" && { selection: checkpoint.selection }),
    ...(checkpoint.average !== undefined && { average: checkpoint.average }),
    ...(checkpoint.inference && { inference: JSON.stringify(checkpoint.inference) }),
    ...(!hasLearned(checkpoint.prompts) && { prompts: hardOnly }),
  });
}

/** Parses a checkpoint and checks it against the backbone. Throws CHECKPOINT if it is malformed or belongs to another backbone. */
export function parseCheckpoint(bytes: Uint8Array, path: string, backbone: Backbone): Checkpoint {
  const { tensors, metadata } = parseTensorFile(bytes, path);
  if (metadata.format !== checkpointFormat) {
    throw new MpaError("CHECKPOINT", `not a ${checkpointFormat} checkpoint`, {
      where: path,
      fix: "name a best.safetensors or last.safetensors",
    });
  }
  const classes = field(z.array(z.string()).min(1), metadata, "classes", path);
  checkClassNames(classes, "CHECKPOINT", path);
  const config = field(configSchema, metadata, "config", path);
  const trainedOn = field(backboneSchema, metadata, "backbone", path);
  if (trainedOn.sha256 !== backbone.sha256) {
    const what = `it was trained on ${quoted(trainedOn.name)} (${trainedOn.sha256.slice(0, 12)}…)`;
    const came = `not on ${quoted(backbone.name)} (${backbone.sha256.slice(0, 12)}…)`;
    // A backbone of the same name has changed since, as the bundled one does between versions.
    const fix = trainedOn.name === backbone.name ? "train it again" : "name its backbone with --backbone";
    throw new MpaError("CHECKPOINT", `${what}, ${came}`, { where: path, fix });
  }
  const take = (name: string, shape: readonly number[]) => requireTensor(tensors, name, shape, path);
  const theta = take(thetaName, [classes.length, backbone.clip.config.jointWidth]);
  const prompts = metadata.prompts === hardOnly ? {} : learnedPrompts();
  const prototypes = tensors.has(prototypesName) ? take(prototypesName, theta.shape) : undefined;
  const selection = metadata.selection === "test" ? metadata.selection : "valid";
  const inference =
    metadata.inference === undefined ? undefined : field(inferenceOf(classes.length), metadata, "inference", path);
  return {
    prompts,
    prototypes,
    theta,
    classes,
    config,
    backbone: trainedOn,
    selection,
    average: metadata.average,
    ...(inference && { inference }),
  };

  function learnedPrompts(): Prompts {
    const [, contextLength] = contextShape(tensors, path);
    const shapes = promptShapes(backbone.clip.config, { ...config, classes: classes.length, contextLength });
    return Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, take(name, shape)]));
  }
}

/** Throws CHECKPOINT unless the checkpoint's classes are the data's, in the same order and whatever spelling. */
export function checkClasses(checkpoint: Checkpoint, classes: readonly string[], path: string): void {
  const own = checkpoint.classes;
  if (own.length === classes.length && own.every((name, i) => isSameClass(name, classes[i]))) return;
  const what = `its classes are ${quotedList(own)}; the data's are ${quotedList(classes)}`;
  throw new MpaError("CHECKPOINT", what, {
    where: path,
    fix: "use data with the same classes in the same order, or score those that both have with evaluate --map",
  });
}

/** The named tensor of a file. Throws CHECKPOINT if it is missing or has a different shape. */
export function requireTensor(
  tensors: ReadonlyMap<string, TensorData>,
  name: string,
  shape: readonly number[],
  path: string,
): TensorData {
  const values = tensors.get(name);
  if (values !== undefined && sameShape(values.shape, shape)) return values;
  const came = values === undefined ? "it is missing" : `it has [${values.shape.join(",")}]`;
  throw new MpaError("CHECKPOINT", `${name} should have shape [${shape.join(",")}], ${came}`, {
    where: path,
    fix: "use a checkpoint of this model",
  });
}

function contextShape(
  tensors: ReadonlyMap<string, TensorData>,
  path: string,
): readonly [classes: number, places: number] {
  const shape = tensors.get("text.context")?.shape ?? [];
  if (shape.length === 3) return [shape[0], shape[1]];
  if (shape.length === 2) return [1, shape[0]];
  throw new MpaError("CHECKPOINT", "text.context should have shape [C,M,T] or [M,T]", {
    where: path,
    fix: "use a checkpoint of this model",
  });
}

function field<T>(schema: z.ZodType<T>, metadata: Readonly<Record<string, string>>, name: string, path: string): T {
  try {
    return schema.parse(parseStrictJson(metadata[name] ?? "null"));
  } catch (cause) {
    throw new MpaError("CHECKPOINT", `its metadata field ${name} is missing or malformed`, {
      where: path,
      fix: "train it again",
      cause,
    });
  }
}
