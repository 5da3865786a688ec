/** Trained prompts for classes that they were not trained on: the context that all classes share, before the names of others. */
import { MpaError } from "../platform/errors.ts";
import { openSoftPromptEncoder, type RuntimeOptions } from "./classifier.ts";
import type { Descriptions } from "./hardPrompts.ts";
import { type Model, modelOver } from "./model.ts";
import { prepareHardPrompts, prepareSoftPrompts } from "./prompts.ts";

/**
 * The model with other classes: θ is encoded again of the learned context and the given names (Zhou et al. 2022, CoCoOp, section 4.1).
 * Throws CHECKPOINT for prompts with a context of each class, which say nothing of other classes, and CONFIG if a class description is
 * missing.
 */
export async function withClasses(
  model: Model,
  classes: readonly string[],
  descriptions: Descriptions,
  runtime: RuntimeOptions,
): Promise<Model> {
  const { backbone, checkpoint, description, file } = model;
  if (checkpoint === undefined) return model;
  const { config, prompts } = checkpoint;
  if (config.context !== "unified") {
    throw new MpaError("CHECKPOINT", "each class has a context of its own, so there is none for new classes", {
      ...(file !== undefined && { where: file }),
      fix: "train with --context unified",
    });
  }
  const context = prompts["text.context"];
  const isHard = config.softText === "hard-prompt";
  const texts = isHard ? prepareHardPrompts(backbone, classes, config.hardPrompt, descriptions).texts : classes;
  const { tokens } = prepareSoftPrompts(backbone, texts, context.shape[0]);
  const encoder = await openSoftPromptEncoder(backbone, tokens, context, runtime);
  try {
    // Prototypes and adjustments are those of the classes of before.
    const { prototypes: _, inference, ...kept } = checkpoint;
    const theta = await encoder.encode(context);
    const others = {
      ...kept,
      theta,
      classes,
      ...(inference && { inference: { ...inference, adjustment: undefined } }),
    };
    const name = description.checkpoint ?? "";
    return await modelOver(backbone, { checkpoint: others, name, ...(file && { file }) }, runtime);
  } finally {
    await encoder.dispose();
  }
}
