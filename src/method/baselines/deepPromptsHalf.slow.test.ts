/** MaPLe and PromptSRC in half precision against single precision, with products on the CPU. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { baselineInputs } from "../../../test/baselineInputs.ts";
import { cosine } from "../../../test/cosine.ts";
import { roundingHalf } from "../../../test/roundingHalf.ts";
import { openBackbone } from "../../clip/backbone.node.ts";
import type { Backbone } from "../../clip/backbone.ts";
import { halfBackbone } from "../../clip/half.node.ts";
import { Random } from "../../platform/random.ts";
import { openGraph } from "../classifier.ts";
import { gradientName, lossScaleName, pixelInput } from "../graphs.ts";
import { lossScaleOf } from "../lossScale.ts";
import type { Prompts } from "../prompts.ts";
import { oneHotRows } from "./baseline.ts";
import { initialTextPrompts, normalValues, textStart } from "./deepPrompts.ts";
import { type TensorLoss, tensorStep } from "./learnTensors.ts";
import { mapleLoss } from "./maple.ts";
import { promptSrcLoss } from "./promptSrc.ts";

const classes = ["neutral", "happiness", "surprise", "anger"];
const images = 4;
let cache: string;
let backbone: Backbone;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  vi.stubEnv("XDG_CACHE_HOME", cache);
  backbone = await openBackbone("faceclip-mini");
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true, force: true });
});

it.each(["maple", "promptsrc"])("%s has the gradients of single precision", async (method) => {
  const { text, vision, jointWidth } = backbone.clip.config;
  const start = await textStart(baselineInputs(backbone, classes), 2);
  const frozen = normalValues([classes.length, jointWidth], ["frozen"]);
  const initial: Prompts =
    method === "maple"
      ? {
          "text.prompts": initialTextPrompts(start, 3, ["text"]),
          "coupling.weight": normalValues([3, vision.width, text.width], ["weight"]),
          "coupling.bias": normalValues([3, vision.width], ["bias"]),
        }
      : {
          "text.prompts": initialTextPrompts(start, 3, ["text"]),
          "vision.prompts": normalValues([5, 2, vision.width], ["vision"]),
        };
  const random = new Random("pixels");
  const pixels = Float32Array.from({ length: images * 3 * vision.imageSize ** 2 }, () => random.normal());
  const gradientsOf = async ({ clip, open, ...rest }: Backbone) => {
    const loss: TensorLoss =
      method === "maple" ? mapleLoss(clip, start.tokens) : promptSrcLoss(clip, start.tokens, frozen);
    const outputs = roundingHalf(tensorStep(clip, { initial, loss }, pixelInput(clip, images), classes.length));
    const session = await openGraph({ clip, open, ...rest }, outputs, { threads: 1, provider: "cpu" });
    const scale = lossScaleOf(clip)?.scale;
    const found = await session.run({
      ...Object.fromEntries(Object.entries(initial).map(([name, { data }]) => [name, data])),
      ...{ pixels, target: oneHotRows([0, 1, 2, 3], classes.length).data, weight: new Float32Array(images).fill(0.25) },
      ...(scale !== undefined && { [lossScaleName]: Float32Array.of(scale) }),
    });
    await session.dispose();
    return Object.keys(initial).map((name) => Float32Array.from(found[gradientName(name)], Number));
  };
  const [exact, rounded] = [await gradientsOf(backbone), await gradientsOf(await halfBackbone(backbone))];
  for (const [i, gradient] of exact.entries()) {
    const near = cosine(rounded[i], gradient);
    expect(near).toBeGreaterThan(0.999);
    // Values are rounded indeed.
    expect(near).toBeLessThan(1 - 1e-9);
  }
});
