/** Reading and teaching in a browser on WebGPU, by its software adapter: as in Node, and no node of a graph is elsewhere. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { ExpressionRecognizer } from "../src/faces/recognizer.node.ts";
import { toBase64 } from "./browser/base64.ts";
import { chromiumPath, softwareGpu } from "./browser/chromium.ts";
import { openTestPage, type TestPage } from "./browser/testPage.ts";
import { canvas } from "./canvas.ts";

const expressions = ["happiness", "anger"] as const;

describe.skipIf(chromiumPath === undefined)("in Chromium on WebGPU", { timeout: 600_000 }, () => {
  let opened: TestPage;
  beforeAll(async () => {
    opened = await openTestPage(softwareGpu);
    opened.page.setDefaultTimeout(600_000);
  });
  afterAll(() => opened.close());

  it("gives the probabilities of Node to 1e-3", async () => {
    const picture = await render(drawnFace(1, "test", 0, "happiness"), 96);
    await using fer = await ExpressionRecognizer.load({ threads: 1 });
    const [here] = await fer.predict(picture, { detect: false });
    const [[there]] = await opened.page.evaluate(([encoded]) => window.inBrowser.predict(encoded, false, "webgpu"), [
      [toBase64(picture)],
    ] as const);
    for (const [name, probability] of Object.entries(here.probabilities)) {
      expect(Math.abs(there.probabilities[name] - probability), name).toBeLessThan(1e-3);
    }
  });

  it("finds the faces of Node", async () => {
    const scene = await canvas(200, 150, [
      { picture: await render(drawnFace(1, "test", 0, "happiness"), 96), side: 96, left: 50, top: 30 },
    ]);
    await using fer = await ExpressionRecognizer.load({ threads: 1 });
    const here = await fer.predict(scene);
    const [there] = await opened.page.evaluate(([encoded]) => window.inBrowser.predict(encoded, true, "webgpu"), [
      [toBase64(scene)],
    ] as const);
    expect([here.length, there.length]).toEqual([1, 1]);
    for (const [i, at] of here[0].box.entries()) expect(Math.abs(there[0].box[i] - at)).toBeLessThan(0.1);
    expect(Math.abs(there[0].score - here[0].score)).toBeLessThan(1e-3);
  });

  // WebAssembly is fed pixels, WebGPU pictures, whose pixels its graph computes: they differ by up to 2/255 (`imageInput.ts`).
  it("teaches with the losses of WebAssembly to 1e-4 in the first step, then to 0.5 %", async () => {
    const faces = [];
    for (const [label, name] of expressions.entries()) {
      for (const person of [0, 1]) {
        faces.push({ label, picture: toBase64(await render(drawnFace(1, "test", person, name), 96)) });
      }
    }
    const lesson = { classes: [...expressions], faces, seed: 1, epochs: 2 };
    const losses = async (provider: string) =>
      (
        await opened.page.evaluate(([given, name]) => window.inBrowser.teach(given, name, 1), [
          lesson,
          provider,
        ] as const)
      ).losses;
    const [expected, found] = [await losses("wasm"), await losses("webgpu")];
    expect(found.length).toBe(expected.length);
    for (const [i, terms] of expected.entries()) {
      for (const [name, value] of Object.entries(terms)) {
        expect(Math.abs(found[i][name] - value) / Math.abs(value), name).toBeLessThan(i === 0 ? 1e-4 : 5e-3);
      }
    }
  });
});
