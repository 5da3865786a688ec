/** Check of the logits that transformers publishes for its picture of two cats. */
import { readFile } from "node:fs/promises";
import type { Backbone } from "../../clip/backbone.ts";
import type { RuntimeOptions } from "../../method/classifier.ts";
import { decodeImage } from "../../pictures/decode.node.ts";
import { type Check, compared, unknown } from "./check.ts";
import { pictureFeatures, sentenceFeatures, similarity } from "./features.ts";
import { catsPicture, catsTexts, type PublishedClip } from "./published.ts";
import { hashFile } from "./weightFile.ts";

/** Largest difference of a logit; transformers allows 0.001 with one decoder of JPEG, decoders differ by a level or two. */
const tolerance = 0.05;

/** Reads the picture and compares its logits. Throws NOT_FOUND, IMAGE. */
export async function catsChecks(
  backbone: Backbone,
  published: PublishedClip | undefined,
  file: string,
  runtime: RuntimeOptions,
): Promise<Check[]> {
  const picture = await decodeImage(await readFile(file), file);
  const { sha256 } = await hashFile(file);
  const same = compared("SHA-256 of the picture", catsPicture.sha256.slice(0, 16), sha256.slice(0, 16));
  const [image] = await pictureFeatures(backbone, [picture], runtime);
  const texts = await sentenceFeatures(backbone, catsTexts, runtime);
  const logits = texts.map((text) => backbone.clip.scale * similarity(image, text));
  const [check, found] = [`logits of ${catsTexts.join(", ")}`, logits.map((value) => value.toFixed(4)).join(", ")];
  const expected = published?.catsLogits;
  if (expected === undefined || same.state === "failed") {
    return [same, unknown(check, "published for openai/clip-vit-base-patch32 and COCO's picture 39769", found)];
  }
  const isClose = logits.every((value, i) => Math.abs(value - expected[i]) < tolerance);
  return [same, compared(check, `${expected.join(", ")} ± ${tolerance}`, found, isClose)];
}
