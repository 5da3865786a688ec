/** Features of a split's images in each model, laid out in a plane by t-SNE (paper, Figure 4). */

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
import { counted } from "../../platform/counts.ts";
import { throwIfStopped } from "../../platform/errors.ts";
import type { ExplainedModel } from "./models.ts";

/** t-SNE layout of the features g of one image encoder. */
export interface FeaturePlane {
  /** models with this image encoder; those without visual prompts share the frozen one */
  readonly models: readonly string[];
  readonly perplexity: number;
  /** number k of neighbours in the figures below */
  readonly neighbours: number;
  /** how well neighbours in the plane match those in feature space: 1 perfectly, 0.5 by chance */
  readonly trustworthiness: number;
  /** mean share of an image's neighbours that have its class */
  readonly agreement: { readonly features: number; readonly plane: number };
  readonly images: readonly { readonly file: string; readonly label: string; readonly place: Place }[];
}

/** Options of `explainFeatures`. */
export interface FeaturesOptions extends Omit<FeatureOptions, "progress" | "label" | "visionPrompts"> {
  /** maximum number of images */
  readonly points: number;
  readonly perplexity: number;
  readonly seed: number;
}

const neighbours = 10;
/** Minimum number of images for a meaningful layout. */
const minImages = 10;

/** Lays out features for each distinct image encoder. Returns none, with a notice, for too few images. Throws INTERRUPTED. */
export async function explainFeatures(
  models: readonly ExplainedModel[],
  source: ImageSource,
  options: FeaturesOptions,
  context: RunContext,
): Promise<FeaturePlane[]> {
  const { samples } = source.split;
  const order = epochOrder({ size: samples.length, seed: options.seed, epoch: 0, shuffle: true });
  const indices = order.slice(0, options.points).sort((a, b) => a - b);
  if (indices.length < minImages) {
    context.notice?.(`no t-SNE: ${counted(indices.length, "image")}, at least ${minImages} are needed`);
    return [];
  }
  const planes: FeaturePlane[] = [];
  for (const group of byImageTower(models)) planes.push(await planeOf(group, source, indices, options, context));
  return planes;
}

/** Groups models by image encoder. */
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
  const readable = indices.filter((i) => found.has(i));
  const features = readable.flatMap((i) => found.get(i) ?? []);
  const perplexity = Math.min(options.perplexity, largestPerplexity(features.length));
  if (perplexity < options.perplexity) notice?.(`perplexity ${perplexity}: there are only ${features.length} images`);
  const task = progress.start({ label: `t-SNE, ${names.join(", ")}`, total: tsneSteps, unit: "steps" });
  const onStep = (step: number) => {
    stopIfAsked();
    task.update(step);
  };
  const places = await tsne(features, { seed: options.seed, perplexity, onStep });
  task.finish();
  const labels = readable.map((i) => samples[i].label);
  const k = Math.min(neighbours, Math.ceil(features.length / 2) - 1);
  return {
    ...{ models: names, perplexity, neighbours: k },
    trustworthiness: trustworthiness(features, places, k),
    agreement: {
      features: neighbourAgreement(features, labels, k),
      plane: neighbourAgreement(places, labels, k),
    },
    images: readable.map((i, row) => ({
      ...{ file: samples[i].file, label: classes[samples[i].label] },
      place: places[row],
    })),
  };
}
