/** Options of the method: variant, prompts, losses. Those of its training are in `learningOptions.ts`. */
import { z } from "zod";
import { choice, integer, optionGroup, real, registered, termWeight, text } from "../platform/options/option.ts";
import { classWeightings } from "./classWeights.ts";
import { hardPromptConfigurations, templateFault } from "./hardPrompts.ts";
import { matchingLossNames } from "./losses.ts";
import { contexts, softTexts } from "./prompts.ts";
import { contradictions, type PartsRequest, partOptions, resolveParts, variantNames } from "./variants.ts";

const prompts = optionGroup("Prompts");
const losses = optionGroup("Losses");
const methodSource = "paper, section 4";
const trainingOptionsSource = "docs/method.md, Training options";

/** A template of hard prompts. */
export function promptTemplate() {
  return z.string().superRefine((given, context) => {
    const fault = templateFault(given);
    if (fault !== undefined) context.addIssue({ code: "custom", message: fault });
  });
}

/** Options of the hard prompts, which are also used for zero-shot classification. */
export const hardPromptOptions = {
  hardPrompt: prompts(z.literal(hardPromptConfigurations, { error: "must be 1, 2 or 3" }).default(3), {
    value: hardPromptConfigurations.join("|"),
    role: "result",
    help: "1: a photo of; 2: with the task named; 3: with descriptions",
    source: "paper, Table 2",
  }),
  template: prompts(promptTemplate().optional(), {
    value: "TEXT",
    role: "result",
    help: 'hard prompt of every class instead, such as "a photo of a {class}, a type of bird"; {description} takes the phrases',
  }),
  descriptions: prompts(text("a file").optional(), {
    value: "FILE",
    role: "place",
    help: "class → phrases, in JSON, instead of those in the package",
  }),
};

/** Prompt options. `contextLength` is at most 75, CLIP's 77 tokens without SOT and EOT. */
export const promptOptions = {
  variant: prompts(choice(variantNames).default("mpa"), {
    value: variantNames.join("|"),
    role: "result",
    help: "which parts there are; a part set to 0 is left out",
    source: "paper, Table 1",
  }),
  context: prompts(choice(contexts).default("class-specific"), {
    value: contexts.join("|"),
    role: "result",
    help: "soft tokens for each class, or shared by all",
    source: "docs/method.md, Text features",
  }),
  contextLength: prompts(integer(1).max(75, { error: "must be at most 75" }).default(10), {
    value: "M",
    role: "result",
    help: "soft text tokens",
    source: methodSource,
  }),
  softText: prompts(choice(softTexts).default("class-name"), {
    value: softTexts.join("|"),
    role: "result",
    help: "what follows the soft tokens",
    source: "docs/method.md, Text features",
  }),
  ...hardPromptOptions,
  visualPrompts: prompts(integer(0).optional(), {
    value: "P",
    role: "result",
    help: "visual prompts in every layer",
    source: methodSource,
    defaultText: `${partOptions.visualPrompts.amount} where the variant has them`,
  }),
};

/** Options of the classification loss, L_vt. */
export const classificationLossOptions = {
  labelSmoothing: losses(real(0, { below: 1 }).optional(), {
    value: "X",
    role: "result",
    help: "share of a target in L_vt that is spread over all classes",
    source: trainingOptionsSource,
    defaultText: "0",
    absent: 0,
  }),
  classWeights: losses(registered(classWeightings).optional(), {
    value: classWeightings.names.join("|"),
    role: "result",
    help: "weight of each class in L_vt by its number of training images",
    source: trainingOptionsSource,
    defaultText: "all the same",
  }),
};

/** Options of the loss terms. */
export const lossOptions = {
  topK: losses(integer(0).optional(), {
    value: "K",
    role: "result",
    help: "local features kept for each class",
    source: `${methodSource}; Eq. 9`,
    defaultText: `${partOptions.local.amount} where the variant has local alignment`,
  }),
  beta: losses(real(0).optional(), {
    value: "X",
    role: "result",
    help: "weight of soft-hard alignment, L_t",
    source: `${methodSource}; Eq. 12`,
    defaultText: `${partOptions.softHard.amount} where the variant has it`,
  }),
  gamma: losses(real(0).optional(), {
    value: "X",
    role: "result",
    help: "weight of prototype alignment, L_v",
    source: `${methodSource}; Eq. 12`,
    defaultText: `${partOptions.prototypes.amount} where the variant has it`,
  }),
  prototypeLoss: losses(choice(matchingLossNames).default("cosine"), {
    value: matchingLossNames.join("|"),
    role: "result",
    help: "distance between an image and its prototype",
    source: "docs/method.md, Prototypes; Eq. 7",
  }),
  prototypeImages: losses(
    z.union([z.literal("all"), integer(1)], { error: "must be all or a whole number of at least 1" }).default("all"),
    {
      value: "N|all",
      role: "result",
      help: "training images a class that make its prototype",
      source: "paper, Table 3",
    },
  ),
  tau: losses(real(0, { open: true }).optional(), {
    value: "X",
    role: "result",
    help: "temperature of soft-hard alignment",
    source: "docs/method.md, Symbols",
    defaultText: "1/s, the backbone's own",
  }),
  lossTerm: losses(z.array(termWeight(), { error: "must be a list" }).optional(), {
    value: "NAME=WEIGHT",
    repeatable: true,
    role: "result",
    help: "weight of a further loss term: L_kg of KgCoOp (8 in its paper), or one that a plugin has brought",
  }),
};

export const predictionBatchOptions = {
  batchSize: optionGroup("Run")(integer(1).default(32), {
    value: "N",
    role: "machine",
    help: "images at a time",
    source: "our choice",
  }),
};

/** Resolves the components of a variant, and reports each option that contradicts the variant as an issue. */
export function amounts(given: PartsRequest, context: z.core.$RefinementCtx) {
  for (const { option, message } of contradictions(given)) {
    context.addIssue({ code: "custom", path: [option], message, input: given[option] });
  }
  const { topK, ...parts } = resolveParts(given);
  return { ...parts, topK };
}
