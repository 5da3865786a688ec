import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { train } from "../../index.ts";
import { evaluate, exportClassifier, figures, protocol, reproduce } from "./library.ts";

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
  expect(await failure(train(untyped({})))).toBe("USAGE: data and dataset are missing. Fix: see TrainOptions");
  expect(await failure(train(untyped(null)))).toBe(
    "USAGE: the options of train are null but must be an object. Fix: see TrainOptions",
  );
  expect(await failure(train(untyped(7)))).toBe(
    "USAGE: the options of train are 7 but must be an object. Fix: see TrainOptions",
  );
});

test("experiments refuse what their commands refuse, by the names of their options", async () => {
  const data = { data: "d", dataset: "folder" };
  expect(await failure(protocol({ protocol: ["k-fold"], shots: 4, ...data }))).toBe(
    "USAGE: shots is 4 but must go with few-shot. Fix: see ProtocolOptions",
  );
  expect(await failure(protocol({ protocol: ["cross-data"], ...data }))).toMatch(
    /^USAGE: .*also.* data set.*ProtocolOptions$/,
  );
  expect(await failure(reproduce(untyped({ set: ["jaffe"], data: "d" })))).toMatch(
    /^USAGE: set is .*ReproduceOptions$/,
  );
  expect(await failure(figures({ source: ["runs/none"], format: ["eps"] }))).toMatch(
    /^USAGE: format is .*FiguresOptions$/,
  );
});

test("figures of a run are written as those of the command", async () => {
  const out = await mkdtemp(join(tmpdir(), "mpa-fer-library-"));
  try {
    const run = join(import.meta.dirname, "../../../test/fixtures/runs/finished");
    const { figures: written } = await figures({ source: [run], format: ["csv"], out });
    expect(written.map(({ name, files }) => [name, ...files])).toEqual([
      ["scores", "scores.csv"],
      ["classes", "classes.csv"],
      ["recall", "recall.csv"],
      ["confusion", "confusion.csv"],
    ]);
    expect(await readFile(join(out, "classes.csv"), "utf8")).toMatch(/^class,recall,precision,F1,images\r\n/);
  } finally {
    await rm(out, { recursive: true });
  }
});
