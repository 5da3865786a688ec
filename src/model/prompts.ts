/** What is learned: soft text prompts and deep visual prompts. Everything else of the model is frozen. */
import { elements, type Shape, type TensorData } from "../graph/tensor.ts";
import { Random } from "../random.ts";
import type { ClipConfig } from "./clipConfig.ts";

/** Learned values by their checkpoint names, `text.context` and `vision.prompts`. */
export type Prompts = Readonly<Record<string, TensorData>>;

export interface PromptOptions {
  readonly classes: number;
  readonly context: "class-specific" | "unified";
  /** M */
  readonly contextLength: number;
  /** P; 0: no visual prompts */
  readonly visualPrompts: number;
}

/** The shape of each learned tensor: `text.context` [C,M,T] or [M,T], `vision.prompts` [K,P,V]. */
export function promptShapes(clip: ClipConfig, options: PromptOptions): Readonly<Record<string, Shape>> {
  const { classes, context, contextLength, visualPrompts } = options;
  const text = [contextLength, clip.text.width];
  return {
    "text.context": context === "unified" ? text : [classes, ...text],
    ...(visualPrompts > 0 && { "vision.prompts": [clip.vision.layers, visualPrompts, clip.vision.width] }),
  };
}

/** Standard deviation of the first values (paper, Implementation Details). */
const initialDeviation = 0.02;

/** Draws from N(0, 0.02²), a stream a tensor from the run's seed. */
export function initialPrompts(shapes: Readonly<Record<string, Shape>>, seed: number): Prompts {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const random = new Random("prompts", name, seed);
      const data = Float32Array.from({ length: elements(shape) }, () => initialDeviation * random.normal());
      return [name, { shape, data }];
    }),
  );
}
