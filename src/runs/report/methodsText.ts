/** The methods paragraph of a run: its exact settings as sentences to paste, made of `run.json` alone. */

import { z } from "zod";
import { percent } from "../../evaluation/rows.ts";
import { counted } from "../../platform/counts.ts";
import { latex } from "../../platform/escape.ts";
import { runSchema } from "../manifest.ts";
import { type Options, publishedOptions, resultOptions } from "../optionRoles.ts";
import { trainSchema } from "../options.ts";

/** Options that the sentences name beside those that all readers know. */
const learning = z.object({
  ...{ optimiser: z.string().default("sgd"), schedule: z.string().default("cosine") },
  ...{ momentum: z.number().optional(), weightDecay: z.number().optional() },
  ...{ context: z.string().default("class-specific"), softText: z.string().default("class-name") },
  ...{ prototypeLoss: z.string().default("cosine"), prototypeImages: z.union([z.number(), z.string()]).default("all") },
  ...{ precision: z.string().default("fp32"), limit: z.number().optional(), warmup: z.number().optional() },
});
const sentencesSchema = runSchema
  .pick({ backbone: true, data: true, texts: true, learned: true, steps: true, epochs: true, best: true })
  .extend(
    runSchema.pick({ seed: true, versions: true, provider: true, machine: true, selection: true, metrics: true }).shape,
  )
  .extend({ adapter: z.string().optional(), config: runSchema.shape.config.extend(learning.shape) });

/** Schema of a `run.json` that has what the sentences say. All its options are kept, since further ones are listed. */
export const methodsSchema = sentencesSchema.extend({ config: sentencesSchema.shape.config.loose() });
/** What the sentences are made of. */
export type MethodsRecord = z.infer<typeof methodsSchema>;

/** The paragraph, one sentence an element. */
export function methodsSentences(record: MethodsRecord): string[] {
  const { metrics, best, selection } = record;
  const chosen = best ? `epoch ${best.epoch + 1} of ${record.epochs}` : undefined;
  return [
    ...methodSentences(record),
    ...learningSentences(record),
    ...furtherSettings(record),
    ...dataSentences(record),
    ...(chosen && metrics
      ? [
          `The reported epoch is the one with the highest accuracy on the ${selection === "test" ? "test split itself" : "validation split"} (${chosen}, accuracy ${percent(metrics.accuracy)}, UAR ${percent(metrics.uar)} on its ${counted(metrics.n, "image")}).`,
          "Intervals are 95 % percentile bootstrap intervals over images with 1,000 draws.",
        ]
      : []),
    softwareSentence(record),
  ];
}

function methodSentences({ backbone, config, texts, learned }: MethodsRecord): string[] {
  const { variant, visualPrompts, contextLength, context, softText, beta, gamma, topK } = config;
  const { prototypeLoss, prototypeImages } = config;
  const shared = context === "unified" ? "shared by all classes" : "of its own for each class";
  const [first] = texts.hard ?? [];
  return [
    `We train prompts on the frozen CLIP ${backbone.name} (weights with SHA-256 ${backbone.sha256.slice(0, 16)}) with MPA-FER (Ma et al.), variant ${variant}, ${counted(learned.parameters, "trainable parameter")}.`,
    `A context of ${counted(contextLength, "soft token")}, ${shared}, stands before the ${softText === "hard-prompt" ? "hard prompt" : "class name"}${visualPrompts > 0 ? `, and ${counted(visualPrompts, "visual prompt")} in each layer of the image encoder` : ""}; all start from a normal distribution with a standard deviation of 0.02.`,
    ...(beta > 0 && first !== undefined
      ? [`Soft prompts are aligned with hard prompts such as "${first}" (beta = ${beta}).`]
      : []),
    ...(gamma > 0
      ? [
          `Image features are pulled towards class prototypes, each the mean over ${prototypeImages === "all" ? "all training images" : `${counted(Number(prototypeImages), "training image")}`} of its class, by ${prototypeLoss === "l1" ? "the L1 distance" : "cosine distance"} (gamma = ${gamma}).`,
        ]
      : []),
    topK > 0
      ? `Logits add the mean similarity of the ${topK} most similar patches to that of the whole image.`
      : "Logits are the scaled similarities of the whole image.",
  ];
}

function learningSentences({ config, steps, seed }: MethodsRecord): string[] {
  const { optimiser, lr, momentum, weightDecay, schedule, batchSize, epochs, augment, sampler } = config;
  const details = [
    `a learning rate of ${lr}`,
    ...(momentum === undefined || optimiser !== "sgd" ? [] : [`momentum ${momentum}`]),
    ...(weightDecay === undefined ? [] : [`weight decay ${weightDecay}`]),
    `a ${schedule} schedule`,
  ];
  return [
    `Training uses ${optimiser.toUpperCase()} with ${details.join(", ")}, batches of ${batchSize}, ${counted(epochs, "epoch")} (${counted(steps, "step")}), augmentation "${augment}", sampler "${sampler}" and seed ${seed}.`,
  ];
}

/** Options that the other sentences name. */
const named: ReadonlySet<string> = new Set([
  ...Object.keys(learning.shape),
  ...[
    "variant",
    "dataset",
    "labelRule",
    "hardPrompt",
    "template",
    "visualPrompts",
    "contextLength",
    "topK",
    "beta",
    "gamma",
  ],
  ...["augment", "sampler", "batchSize", "lr", "epochs", "seed", "provider"],
]);

/** Other options that decide the result and have not their default value, so that the paragraph leaves none out. */
function furtherSettings({ config }: MethodsRecord): string[] {
  const { dataset, variant } = config;
  const defaults = trainSchema.config.safeParse({ data: "-", dataset, variant });
  const usual: Options = defaults.success ? defaults.data : {};
  const further = Object.entries(publishedOptions(resultOptions(config))).filter(
    ([key, value]) => !named.has(key) && value !== undefined && JSON.stringify(value) !== JSON.stringify(usual[key]),
  );
  const texts = further.map(([key, value]) => `${key} ${typeof value === "string" ? value : JSON.stringify(value)}`);
  return texts.length === 0 ? [] : [`Further settings: ${texts.join(", ")}.`];
}

function dataSentences({ data, config }: MethodsRecord): string[] {
  const { dataset, labelRule, limit } = config;
  const rule = dataset === "ferplus" ? `, label rule "${labelRule}"` : "";
  const splits = Object.entries(data).map(
    ([name, { images, index }]) => `${counted(images, `${name} image`)} (index ${index.slice(0, 8)})`,
  );
  const limited = limit === undefined ? "" : `, at most ${counted(limit, "training image")} a class`;
  const what = dataset === "folder" ? "a folder of class folders" : dataset;
  return [`The data set is ${what}${rule}${limited}: ${splits.join(", ")}.`];
}

function softwareSentence({ versions, provider, machine, adapter, config }: MethodsRecord): string {
  const where = [machine?.processor, adapter, provider === "cpu" ? undefined : provider].filter(Boolean).join(", ");
  return `Software: mpa-fer ${versions["mpa-fer"]} with ONNX Runtime ${versions["onnxruntime-node"]}, ${config.precision}${where === "" ? "" : `, on ${where}`}.`;
}

/** The paragraph as plain text. */
export const methodsText = (record: MethodsRecord): string => `${methodsSentences(record).join(" ")}\n`;

/** The paragraph as LaTeX. */
export const methodsLatex = (record: MethodsRecord): string => `${latex(methodsSentences(record).join(" "))}\n`;
