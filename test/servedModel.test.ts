/** Server's explanation of a face that is identified by its index, or by its landmarks without a second detection. */

import { beforeAll, describe, expect, it } from "vitest";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { openServedModel, type PictureAnswer, type ServedModel } from "../src/apps/serve/model.ts";
import { recognizerOptions } from "../src/faces/options.node.ts";
import type { FacePrediction } from "../src/faces/recognizer.ts";
import { canvas } from "./canvas.ts";
import { flatJpeg } from "./hostilePictures.ts";

let served: ServedModel;
let group: Uint8Array;
let faces: readonly FacePrediction[];

beforeAll(async () => {
  served = await openServedModel(recognizerOptions.parse({ threads: 1 }));
  const people = await Promise.all([0, 1].map((person) => render(drawnFace(1, "test", person, "happiness"), 160)));
  group = await canvas(
    500,
    240,
    people.map((picture, i) => ({ picture, side: 140, left: 40 + 240 * i, top: 50, angle: 15 * i })),
  );
  const [answer] = await served.answer([{ id: 1, bytes: group, detect: true }], () => undefined);
  faces = "faces" in answer ? answer.faces : [];
  expect(faces.length).toBe(2);
});

async function explain(bytes: Uint8Array, face: number, target: string, of?: FacePrediction): Promise<PictureAnswer> {
  const explain = { face, target, ...(of !== undefined && { landmarks: of.landmarks }) };
  const [answer] = await served.answer([{ id: 7, bytes, detect: true, explain }], () => undefined);
  return answer;
}

const textOf = (answer: PictureAnswer) => JSON.stringify("explanation" in answer ? answer.explanation : answer);

it("says at which share of its width a picture of 48 megapixels was looked at", async () => {
  const request = { id: 1, bytes: flatJpeg(8_000, 6_000), detect: false };
  const [answer] = await served.answer([request], () => undefined);
  expect(answer).toMatchObject({ id: 1, scale: 0.5, faces: [{ box: [0, 0, 8_000, 6_000] }] });
});

describe("an explanation", () => {
  it("is the same, to the letter, for a face by its number and by its landmarks", async () => {
    for (const [i, face] of faces.entries()) {
      const text = textOf(await explain(group, i, "fear"));
      expect(text).toMatch(
        /^\{"face":"data:image\/png;base64,[^"]+","similarity":\{"width":\d+,"height":\d+,"data":\[[^\]]+\]\},"patches":\[[\d,]+\],"saliency":\{"width":48,"height":48,"data":\[[^\]]+\]\}\}$/,
      );
      expect(textOf(await explain(group, 0, "fear", face))).toBe(text);
    }
    expect(textOf(await explain(group, 0, "fear"))).not.toBe(textOf(await explain(group, 1, "fear")));
  });

  it("does not run detection with given landmarks", async () => {
    const empty = await canvas(500, 240, []);
    expect(await explain(empty, 0, "fear")).toMatchObject({
      error: { code: "USAGE", message: expect.stringMatching(/no such face/) },
    });
    expect(await explain(empty, 0, "fear", faces[0])).toMatchObject({ explanation: { similarity: { width: 8 } } });
  });

  it("is rejected for a missing class or face, while the others of the batch succeed", async () => {
    const of = (id: number, face: number, target: string) => ({
      ...{ id, bytes: group, detect: true, explain: { face, target } },
    });
    const answers = await served.answer(
      [
        of(1, 0, "boredom"),
        of(2, 2, "fear"),
        { id: 3, bytes: new Uint8Array(20), detect: true },
        { id: 4, bytes: group, detect: true },
        of(5, 1, "anger"),
      ],
      () => undefined,
    );
    expect(answers).toMatchObject([
      {
        id: 1,
        error: { code: "USAGE", message: expect.stringMatching(/^there is no class boredom. Fix: name one of /) },
      },
      { id: 2, error: { code: "USAGE", message: "the picture has no such face. Fix: count as predict does" } },
      { id: 3, error: { code: "IMAGE" } },
      { id: 4, faces },
      { id: 5, explanation: { patches: expect.any(Array) } },
    ]);
  });
});
