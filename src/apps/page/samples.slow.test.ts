/** The drawn samples of the page, as the detector sees them. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { ferTemplate, fitSimilarity } from "../../faces/face.ts";
import { ExpressionRecognizer } from "../../faces/recognizer.node.ts";
import { drawnFace, render } from "../demo/dataset.ts";
import { allSamples, exampleFaces, sampleFile, sampleSide, teachSamples, trySamples } from "./samples.ts";

let fer: ExpressionRecognizer;
beforeAll(async () => {
  fer = await ExpressionRecognizer.load({ threads: 1 });
});
afterAll(() => fer.dispose());

it.each([...allSamples, ...exampleFaces].map((sample) => [sampleFile(sample), sample] as const))(
  "%s has one face, which is aligned as a whole",
  async (_, { person, expression }) => {
    const { faces } = await fer.prepare(await render(drawnFace(1, "test", person, expression), sampleSide));
    expect(faces.length).toBe(1);
    const [{ box, landmarks = [] }] = faces;
    const { a, b } = fitSimilarity(ferTemplate, landmarks);
    // Landmarks that are taken for others, such as nostrils for the mouth, leave a crop that is smaller than the face.
    expect(Math.hypot(a, b)).toBeGreaterThan(box[3]);
  },
);

it("offers faces to try that are not taught", () => {
  const taught = new Set(teachSamples.map(sampleFile));
  expect(trySamples.filter((sample) => taught.has(sampleFile(sample)))).toEqual([]);
});
