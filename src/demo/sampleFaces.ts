/** Faces to show with what a model says of them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { EvaluationResult } from "../experiment/evaluate.ts";
import type { SampleFace } from "./demoReport.ts";

/** People whose faces are shown: the first ones, so that nobody picked them for their results. */
const shownPeople = 3;

/** All expressions of the first people of a scored split, person by person. */
export async function sampleFaces({ split, scores, answers }: EvaluationResult): Promise<SampleFace[]> {
  const { classes, samples, root } = split;
  const faces = answers.map(({ label: predicted, probability: score }, i) => {
    const { file, label } = samples[scores.indices[i]];
    return { file, person: personOf(file), truth: classes[label], predicted: classes[predicted], score };
  });
  const people = [...new Set(faces.map(({ person }) => person))].sort().slice(0, shownPeople);
  const shown = people.flatMap((person) => faces.filter((face) => face.person === person));
  return await Promise.all(
    shown.map(async ({ file, ...face }) => ({ ...face, png: await readFile(join(root, file), "base64") })),
  );
}

/** The drawn data set names a face's file after its person. */
const personOf = (file: string): string => file.slice(file.lastIndexOf("/") + 1);
