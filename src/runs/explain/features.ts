/** Figure 4: where each model puts the images of a split, in feature space and in a plane. */

import type { ImageSource } from "../../data/images.node.ts";
import { epochOrder } from "../../data/order.ts";
import {
  largestPerplexity,
  neighbourAgreement,
  type Place,
  trustworthiness,
  tsne,
  tsneSteps,
} from "../../evaluation/featurePlane.ts";
import { type FeatureOptions, frozenFeatures } from "../../method/prototypes.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { throwIfStopped } from "../../platform/errors.ts";
import type { ExplainedModel } from "./models.ts";

/** The features g of one image tower, laid out by t-SNE. */
export interface FeaturePlane {
  /** all models with this image tower: those without visual prompts share the frozen one */
  readonly models: readonly string[];
  readonly perplexity: number;
  /** k of the figures below */
  readonly neighbours: number;
  /** how far neighbours in the plane are neighbours in feature space: 1 wholly, 0.5 by chance */
  readonly trustworthiness: number;
  /** share of each image's neighbours that have its class */
  readonly agreement: { readonly features: number; readonly plane: number };
  readonly images: readonly { readonly file: string; readonly label: string; readonly place: Place }[];
}

export interface FeaturesOptions extends Omit<FeatureOptions, "progress" | "label" | "visionPrompts"> {
  /** images at most */
  readonly points: number;
  readonly perplexity: number;
  readonly seed: number;
}

const neighbours = 10;
/** With fewer images a layout says nothing. */
const fewest = 10;

export async function explainFeatures(
  models: readonly ExplainedModel[],
  source: ImageSource,
  options: FeaturesOptions,
  context: RunContext,
): Promise<FeaturePlane[]> {
  const { samples } = source.split;
  const order = epochOrder({ size: samples.length, seed: options.seed, epoch: 0, shuffle: true });
  const indices = order.slice(0, options.points).sort((a, b) => a - b);
  if (indices.length < fewest) {
    context.notice?.(`no t-SNE: ${indices.length} images, at least ${fewest} are needed`);
    return [];
  }
  const planes: FeaturePlane[] = [];
  for (const group of byImageTower(models)) planes.push(await planeOf(group, source, indices, options, context));
  return planes;
}

/** Models whose images get the same features stand together. */
function byImageTower(models: readonly ExplainedModel[]): ExplainedModel[][] {
  const prompted = models.filter(({ model }) => model.visionPrompts !== undefined);
  const frozen = models.filter((model) => !prompted.includes(model));
  return [frozen, ...prompted.map((model) => [model])].filter((group) => group.length > 0);
}

async function planeOf(
  group: readonly ExplainedModel[],
  source: ImageSource,
  indices: readonly number[],
  options: FeaturesOptions,
  context: RunContext,
): Promise<FeaturePlane> {
  const { progress, signal, notice } = contextOf(context);
  const [{ model }] = group;
  const names = group.map(({ name }) => name);
  const { samples, classes } = source.split;
  const found = await frozenFeatures(model.backbone, source, indices, {
    ...options,
    ...{ progress, label: `features, ${names.join(", ")}`, visionPrompts: model.visionPrompts },
  });
  const stopIfAsked = () => {
    throwIfStopped(signal, "stopped before the features were laid out");
  };
  stopIfAsked();
  const kept = indices.filter((i) => found.has(i));
  const features = kept.flatMap((i) => found.get(i) ?? []);
  const perplexity = Math.min(options.perplexity, largestPerplexity(features.length));
  if (perplexity < options.perplexity) notice?.(`perplexity ${perplexity}: there are only ${features.length} images`);
  const task = progress.start({ label: `t-SNE, ${names.join(", ")}`, total: tsneSteps, unit: "steps" });
  const onStep = (step: number) => {
    stopIfAsked();
    task.update(step);
  };
  const places = await tsne(features, { seed: options.seed, perplexity, onStep });
  task.finish();
  const labels = kept.map((i) => samples[i].label);
  const k = Math.min(neighbours, Math.ceil(features.length / 2) - 1);
  return {
    ...{ models: names, perplexity, neighbours: k },
    trustworthiness: trustworthiness(features, places, k),
    agreement: {
      features: neighbourAgreement(features, labels, k),
      plane: neighbourAgreement(places, labels, k),
    },
    images: kept.map((i, row) => ({
      ...{ file: samples[i].file, label: classes[samples[i].label] },
      place: places[row],
    })),
  };
}
