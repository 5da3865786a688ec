/**
 * Published facts about OpenAI's CLIPs. Hashes and sizes of the hub's files are those that several public projects record
 * independently of each other, with the revision; files for which no such record was found are left out.
 */
import type { Activation, ClipConfig } from "../../clip/config.ts";
import type { ClipPreprocess } from "../../clip/preprocess.ts";
import { type ClipShape, clipShapes } from "../../clip/random.node.ts";

/** Size and hash of a published file. */
export interface PublishedFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** A published CLIP. */
export interface PublishedClip {
  /** repository on the hub */
  readonly repo: string;
  /** commit to which the hashes belong */
  readonly revision: string;
  readonly shape: ClipShape;
  /** weight files by name */
  readonly weights: Readonly<Record<string, PublishedFile>>;
  /** logits of `catsPicture` for `catsTexts` */
  readonly catsLogits?: readonly number[];
}

export const publishedClips: readonly PublishedClip[] = [
  {
    ...{ repo: "openai/clip-vit-base-patch32", revision: "3d74acf9a28c67741b2f4f2ea7635f0aaf6f0268" },
    shape: clipShapes["vit-b-32"],
    weights: {
      "pytorch_model.bin": {
        bytes: 605_247_071,
        sha256: "a63082132ba4f97a80bea76823f544493bffa8082296d62d71581a4feff1576f",
      },
    },
    // tests/models/clip/test_modeling_clip.py of transformers, CLIPModelIntegrationTest.test_inference
    catsLogits: [24.5701, 19.3049],
  },
  {
    ...{ repo: "openai/clip-vit-base-patch16", revision: "57c216476eefef5ab752ec549e440a49ae4ae5f3" },
    shape: clipShapes["vit-b-16"],
    weights: {
      "pytorch_model.bin": {
        bytes: 598_641_023,
        sha256: "ec89c7b09c749a60aae3c9cd910516f24b58214a7df060b48962d14c469cfbf0",
      },
    },
  },
  {
    ...{ repo: "openai/clip-vit-large-patch14", revision: "32bd64288804d66eefd0ccbe215aa642df71cc41" },
    shape: clipShapes["vit-l-14"],
    weights: {
      "model.safetensors": {
        bytes: 1_710_540_580,
        sha256: "a2bf730a0c7debf160f7a6b50b3aaf3703e7e88ac73de7a314903141db026dcb",
      },
      "pytorch_model.bin": {
        bytes: 1_710_671_599,
        sha256: "f1a17cdbe0f36fec524f5cafb1c261ea3bbbc13e346e0f74fc9eb0460dedd0d3",
      },
    },
  },
  {
    ...{ repo: "openai/clip-vit-large-patch14-336", revision: "ce19dc912ca5cd21c8a653c79e251e808ccabcd1" },
    shape: clipShapes["vit-l-14-336"],
    weights: {
      "pytorch_model.bin": {
        bytes: 1_711_974_081,
        sha256: "c6032c2e0caae3dc2d4fba35535fa6307dbb49df59c7e182b1bc4b3329b81801",
      },
    },
  },
];

/** The picture of two cats in the examples of transformers: image 39769 of COCO's validation set of 2017. */
export const catsPicture: PublishedFile = {
  bytes: 173_131,
  sha256: "dea9e7ef97386345f7cff32f9055da4982da5471c48d575146c796ab4563b04e",
};
export const catsTexts = ["a photo of a cat", "a photo of a dog"] as const;

/** Settings that OpenAI's four models share (their `config.json`; Radford et al. 2021, section 2.5 for the scale). */
export const openaiSettings: { readonly activation: Activation; readonly epsilon: number; readonly scale: number } = {
  ...{ activation: "quick_gelu", epsilon: 1e-5, scale: 100 },
};

/** Preprocessing that OpenAI's four models share (their `preprocessor_config.json`). */
export const openaiPreprocess: Pick<ClipPreprocess, "mean" | "std" | "filter" | "rescaleFactor"> = {
  mean: [0.48145466, 0.4578275, 0.40821073],
  std: [0.26862954, 0.26130258, 0.27577711],
  filter: "bicubic",
  rescaleFactor: 1 / 255,
};

/** Ids of OpenAI's `SimpleTokenizer`, without the two that frame a text. */
export const openaiTokens: Readonly<Record<string, readonly number[]>> = {
  "a photo of a cat": [320, 1125, 539, 320, 2368],
  "Hello, World!": [3306, 267, 1002, 256],
  "it's 3.14159": [585, 568, 274, 269, 272, 275, 272, 276, 280],
  "naïve façade": [1097, 35689, 563, 778, 10067, 1928],
};
export const openaiFrame = { sot: 49_406, eot: 49_407, vocabulary: 49_408 } as const;

/** The sizes of a config in the form of `ClipShape`. */
export const shapeOf = ({ vision, text, jointWidth }: ClipConfig): ClipShape => ({
  vision: {
    ...{ width: vision.width, layers: vision.layers, heads: vision.heads },
    ...{ imageSize: vision.imageSize, patchSize: vision.patchSize },
  },
  text: { width: text.width, layers: text.layers, heads: text.heads, vocabulary: text.vocabulary },
  jointWidth,
});

/** Sizes in words: layers × width / heads of both encoders. */
export const shapeText = ({ vision, text, jointWidth }: ClipShape): string =>
  `image ${vision.layers}×${vision.width}/${vision.heads}, ${vision.imageSize} px by ${vision.patchSize}; ` +
  `text ${text.layers}×${text.width}/${text.heads}, ${text.vocabulary} tokens; joint ${jointWidth}`;

/** The published CLIP with these sizes. */
export const clipOfShape = (config: ClipConfig): PublishedClip | undefined =>
  publishedClips.find(({ shape }) => shapeText(shape) === shapeText(shapeOf(config)));
