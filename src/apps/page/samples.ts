/** Drawn faces that the page offers as samples. The build renders them with the drawing code of `mpa-fer demo`. */
import type { FerClass } from "../../data/sample.ts";

/** A drawn face of the demo's test people. */
export interface Sample {
  readonly expression: FerClass;
  readonly person: number;
}

const of = (expression: FerClass, people: readonly number[]): readonly Sample[] =>
  people.map((person) => ({ expression, person }));

/** Samples to read, one an expression. */
export const readSamples: readonly Sample[] = [
  ...of("happiness", [13]),
  ...of("surprise", [0]),
  ...of("sadness", [10]),
  ...of("anger", [5]),
  ...of("neutral", [1]),
  ...of("disgust", [7]),
];

/** Samples to teach classes with, and samples of the same classes to try the result on. The detector finds each face as a whole. */
export const teachSamples: readonly Sample[] = [
  ...of("happiness", [1, 11, 12, 13, 16]),
  ...of("surprise", [0, 2, 11, 12, 18]),
  ...of("sadness", [1, 9, 10, 11, 12]),
];
export const trySamples: readonly Sample[] = [
  ...of("happiness", [10]),
  ...of("surprise", [15]),
  ...of("sadness", [13]),
];

/** Pixels a side of a rendered sample. */
export const sampleSide = 320;

/** Faces of the example, which stand side by side in one picture. */
export const exampleFaces: readonly Sample[] = [...of("neutral", [0]), ...of("happiness", [11]), ...of("sadness", [9])];

/** Path of the example, relative to the page. */
export const exampleFile = "samples/example.webp";

/** Path of a sample, relative to the page. */
export const sampleFile = ({ expression, person }: Sample): string => `samples/${expression}-${person}.webp`;

/** Every sample, once each. */
export const allSamples: readonly Sample[] = [
  ...new Map([...readSamples, ...teachSamples, ...trySamples].map((sample) => [sampleFile(sample), sample])).values(),
];
