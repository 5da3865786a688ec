/** Parity of browser and Node: the same pictures and graphs on two runtimes. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { openBackbone } from "../src/clip/backbone.node.ts";
import { parseTensorFile } from "../src/clip/weights.ts";
import { ExpressionRecognizer } from "../src/faces/recognizer.node.ts";
import type { FacePrediction } from "../src/faces/recognizer.ts";
import type { StepRecord } from "../src/method/fit.ts";
import { teach } from "../src/method/teach.ts";
import { decodeImage } from "../src/pictures/decode.node.ts";
import { fromBase64, toBase64 } from "./browser/base64.ts";
import { chromiumPath } from "./browser/chromium.ts";
import type { PlainFewShotSet } from "./browser/inBrowser.ts";
import { openTestPage, type TestPage } from "./browser/testPage.ts";
import { canvas, isOn } from "./canvas.ts";
import { relativeError } from "./parity.ts";

const expressions = ["happiness", "surprise", "anger"] as const;
const face = (person: number, name: (typeof expressions)[number], side = 96) =>
  render(drawnFace(1, "test", person, name), side);

/** Probabilities and boxes as one flat array, in order. */
const numbers = (faces: readonly FacePrediction[]) => ({
  probabilities: faces.flatMap(({ probabilities }) => Object.values(probabilities)),
  boxes: faces.flatMap(({ box }) => box),
});

describe.skipIf(chromiumPath === undefined)("in Chromium", () => {
  let opened: TestPage;
  beforeAll(async () => {
    opened = await openTestPage();
  });
  afterAll(async () => {
    expect(opened.complaints).toEqual([]);
    await opened.close();
  });

  it.each([true, false])("gives the probabilities of Node to 1e-3, detection %s", async (detect) => {
    const [first, second] = [await face(0, "happiness", 160), await face(1, "anger", 90)];
    const places = { width: 500, height: 380 };
    const group = await canvas(places.width, places.height, [
      { picture: first, side: 160, left: 40, top: 60 },
      { picture: second, side: 90, left: 330, top: 200, angle: 12 },
    ]);
    const pictures = [group, await face(2, "surprise", 70)];
    await using fer = await ExpressionRecognizer.load({ threads: 1 });
    const there = await opened.page.evaluate(([encoded, find]) => window.inBrowser.predict(encoded, find, "wasm"), [
      pictures.map(toBase64),
      detect,
    ] as const);
    for (const [i, picture] of pictures.entries()) {
      const [here, other] = [numbers(await fer.predict(picture, { detect })), numbers(there[i])];
      expect(other.probabilities.length).toBe(here.probabilities.length);
      const gaps = here.probabilities.map((p, j) => Math.abs(p - other.probabilities[j]));
      expect(Math.max(...gaps)).toBeLessThan(1e-3);
      expect(Math.max(...here.boxes.map((at, j) => Math.abs(at - other.boxes[j])))).toBeLessThan(0.01);
    }
  });

  it("looks at a photograph of 48 megapixels at a half, and gives places in its own pixels as Node does", async () => {
    const side = 2400;
    const scene = await canvas(8064, 6048, [{ picture: await face(0, "happiness", 400), side, left: 3000, top: 1800 }]);
    await using fer = await ExpressionRecognizer.load({ threads: 1 });
    const [there] = await opened.page.evaluate(([encoded]) => window.inBrowser.predict(encoded, true, "wasm"), [
      [toBase64(scene)],
    ] as const);
    const here = await fer.predict(scene);
    expect(here.length).toBe(1);
    expect(there.length).toBe(1);
    for (const [i, at] of here[0].box.entries()) expect(Math.abs(at - there[0].box[i])).toBeLessThan(0.01 * side);
    expect(isOn(here[0].box, { picture: "", side, left: 3000, top: 1800 })).toBe(true);
  });

  it("takes the training steps of Node to 1e-4, and gives its checkpoint", async () => {
    const people = [0, 1, 2, 3, 4];
    const pictures = await Promise.all(
      expressions.flatMap((name, label) =>
        people.map(async (person) => ({ label, picture: await face(person, name) })),
      ),
    );
    const common = { classes: expressions, seed: 3 };
    const plain: PlainFewShotSet = {
      ...{ ...common, epochs: 2 },
      faces: pictures.map(({ label, picture }) => ({ label, picture: toBase64(picture) })),
    };
    const there = await opened.page.evaluate((fewShotSet) => window.inBrowser.teach(fewShotSet, "wasm"), plain);
    const faces = await Promise.all(
      pictures.map(async ({ label, picture }) => ({ label, image: await decodeImage(picture, "face") })),
    );
    const losses: StepRecord["losses"][] = [];
    const runtime = { provider: "cpu", threads: 1 };
    const options = { runtime, epochs: 2, onStep: (step: StepRecord) => losses.push(step.losses) };
    const here = await teach(await openBackbone("faceclip-mini"), { ...common, faces }, options);
    expect(there.losses.length).toBe(losses.length);
    const flat = (rows: readonly object[]) => rows.flatMap((row) => Object.values(row));
    expect(relativeError(flat(there.losses), { data: Float32Array.from(flat(losses)) })).toBeLessThan(1e-4);
    const [mine, theirs] = [here.checkpoint, fromBase64(there.checkpoint)].map((bytes) => parseTensorFile(bytes, "it"));
    expect(theirs.metadata).toEqual(mine.metadata);
    expect([...theirs.tensors.keys()]).toEqual(["text.context", "vision.prompts", "prototypes", "text.features"]);
    for (const [name, values] of mine.tensors) {
      expect(relativeError(theirs.tensors.get(name)?.data ?? [], values), name).toBeLessThan(1e-4);
    }
    expect(there.metrics.confusion).toEqual(here.metrics.confusion);
    expect(there.metrics.ece).toBeCloseTo(here.metrics.ece, 4);
  });
});
