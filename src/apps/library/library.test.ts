import { expect, test } from "vitest";
import { train } from "../../index.ts";
import { evaluate, exportClassifier } from "./library.ts";

const failure = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
    return "none";
  } catch (error) {
    return error instanceof Error && "code" in error ? `${error.code}: ${error.message}` : String(error);
  }
};
/** Options as a program without types would give them. */
const untyped = <Options>(options: unknown): Options => JSON.parse(JSON.stringify(options));

test("a misspelt option is an error with the similar name and the type of the options", async () => {
  expect(await failure(train(untyped({ data: "d", dataset: "folder", batchsize: 4 })))).toBe(
    "USAGE: train has no option batchsize, did you mean batchSize?",
  );
  expect(await failure(evaluate(untyped({ data: "d", dataset: "folder", colour: 1 })))).toBe(
    "USAGE: evaluate has no option colour. Fix: see EvaluateOptions",
  );
});

test("an invalid value is reported under its camelCase name, truncated", async () => {
  expect(await failure(train({ data: "d", dataset: "folder", topK: -1 }))).toMatch(
    /^USAGE: topK is -1 but must be a whole number of at least 0. Fix: see TrainOptions$/,
  );
  const long = await failure(exportClassifier(untyped({ layout: "x".repeat(5000) })));
  expect(long).toMatch(/^USAGE: layout is x+… but must be .*. Fix: see ExportOptions$/);
  expect(long.length).toBeLessThan(300);
});

test("a missing option and options that are not an object are usage errors", async () => {
  expect(await failure(train(untyped({ dataset: "folder" })))).toBe(
    "USAGE: data is missing (folder of the data set). Fix: see TrainOptions",
  );
  expect(await failure(train(untyped(null)))).toBe(
    "USAGE: the options of train are null but must be an object. Fix: see TrainOptions",
  );
  expect(await failure(train(untyped(7)))).toBe(
    "USAGE: the options of train are 7 but must be an object. Fix: see TrainOptions",
  );
});
