/** How images enter a session: as the encoder's pixels, or as pictures from which the session's graph makes them. */

import type { Backbone } from "../clip/backbone.ts";
import { pictureInput, pixelsOfPictures, samplesInGraph } from "../clip/pictureGraph.ts";
import { type ImageForm, imageValues } from "../clip/pictureRows.ts";
import { isProcessor } from "../graph/target.ts";
import type { Shape, Tensor } from "../graph/tensor.ts";
import { pixelInput } from "./graphs.ts";

/** An image input of a graph. */
export interface ImageInput {
  /** the form of an image, and the name of the input */
  readonly form: ImageForm;
  /** values of an image */
  readonly values: number;
  /** their shape */
  readonly shape: Shape;
  /** The encoder's pixels [B,3,S,S], made of the input. */
  pixels(batch: number): Tensor;
}

/**
 * The form of images for sessions that work through a data set. The processor takes pixels: a resize in a graph costs it as much as one
 * before it, and that one has the same bits everywhere. Other providers take pictures, so that the thread that feeds them has little to
 * do, unless the filter has no graph, or mixup blends the pixels of two images before they enter.
 *
 * @internal
 */
export const imageForm = (
  { preprocess }: Pick<Backbone, "preprocess">,
  provider: string,
  { isMixed = false }: { readonly isMixed?: boolean | undefined } = {},
): ImageForm => (isProcessor(provider) || isMixed || !samplesInGraph(preprocess) ? "pixels" : "pictures");

/** @internal The image input of a form. */
export function imageInput({ clip, preprocess }: Pick<Backbone, "clip" | "preprocess">, form: ImageForm): ImageInput {
  const { imageSize } = clip.config.vision;
  const values = imageValues(form, imageSize);
  if (form === "pixels") {
    return { form, values, shape: [3, imageSize, imageSize], pixels: (batch) => pixelInput(clip, batch) };
  }
  const pixels = (batch: number) => pixelsOfPictures(pictureInput(imageSize, batch), preprocess);
  return { form, values, shape: [values], pixels };
}
