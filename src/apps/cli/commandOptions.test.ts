import { availableParallelism } from "node:os";
import { describe, expect, test } from "vitest";
import { camelCase, kebabCase } from "../../platform/options/option.ts";
import { type GivenOptions, parseConfig } from "../../platform/options/parse.ts";
import { benchSchema } from "../../runs/bench/options.ts";
import { evaluateSchema } from "../../runs/evaluate/options.ts";
import { type TrainConfig, trainSchema } from "../../runs/options.ts";
import { demoSchema } from "../demo/options.ts";
import { predictSchema } from "../predict/options.ts";
import { optionOwners } from "./command.ts";
import { commands } from "./registry.ts";

const required = { data: "faces", dataset: "ferplus" };
const path = "run.yaml";

function train(flags: Record<string, unknown>, values?: Record<string, unknown>): TrainConfig {
  return parseConfig("train", trainSchema, { flags, ...(values && { file: { path, values } }) });
}

function failure(given: GivenOptions): string {
  try {
    parseConfig("train", trainSchema, { ...given, owners: optionOwners(commands) });
  } catch (error) {
    if (error instanceof Error && "code" in error) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "none";
}

describe("options of learning", () => {
  test.each([
    [{ warmup: "linear" }, "--warmup is linear but must go with --warmup-epochs"],
    [{ "warmup-lr": 1e-4, "warmup-epochs": 0 }, "--warmup-lr is 0.0001 but must go with --warmup-epochs"],
    [{ "adam-beta2": 0.9 }, "--adam-beta2 is 0.9 but must go with --optimiser adamw"],
    [{ "average-from": 3, ema: 0.9 }, "--average-from is 3 but must be left out with --ema"],
    [{ ema: 1 }, "--ema is 1 but must be a number of at least 0 and below 1"],
    [{ optimiser: "adam" }, "--optimiser is adam but must be one of sgd, adamw"],
    [{ "class-weights": "equal" }, "--class-weights is equal but must be one of balanced, square-root, effective"],
  ])("%o are refused", (flags, message) => {
    expect(failure({ flags: { ...required, ...flags } })).toContain(message);
  });
});

describe("defaults", () => {
  test("of train are those of docs/method.md", () => {
    const { memory, ...config } = train(required);
    expect(config).toEqual({
      ...{
        data: "faces",
        dataset: "ferplus",
        labelRule: "plurality",
        augment: "paper",
        shuffle: true,
        sampler: "uniform",
      },
      ...{ variant: "mpa", context: "class-specific", contextLength: 10, softText: "class-name", hardPrompt: 3 },
      ...{ visualPrompts: 8, topK: 16, beta: 1, gamma: 1, prototypeLoss: "cosine", prototypeImages: "all" },
      ...{ epochs: 120, batchSize: 32, lr: 0.032, momentum: 0.9, weightDecay: 5e-4, schedule: "cosine" },
      ...{
        out: "runs/ferplus-mpa-1",
        resume: false,
        dataWorkers: 4,
        checkpointEvery: 1,
        reportFaces: true,
        paperProtocol: false,
        tensorboard: false,
        mlflowExperiment: "mpa-fer",
      },
      ...{ backbone: "faceclip-mini", precision: "fp32", provider: "cpu", seed: 1, quiet: false },
      threads: availableParallelism(),
    });
    expect(memory).toBeGreaterThan(1e6);
    expect(Number.isSafeInteger(memory)).toBe(true);
  });

  test.each(["affectnet-7", "affectnet-8"])("of %s: 20 epochs, every class equally often", (dataset) => {
    expect(train({ ...required, dataset })).toMatchObject({ epochs: 20, sampler: "balanced" });
    expect(train({ ...required, dataset, shuffle: false })).toMatchObject({ sampler: "uniform" });
    expect(train({ ...required, dataset, epochs: "3", sampler: "uniform" })).toMatchObject({
      epochs: 3,
      sampler: "uniform",
    });
  });

  test("of a variant omit the components that it lacks", () => {
    expect(train({ ...required, variant: "coop" })).toMatchObject({ visualPrompts: 0, topK: 0, beta: 0, gamma: 0 });
    expect(train({ ...required, variant: "+proto" })).toMatchObject({ visualPrompts: 8, topK: 0, beta: 0, gamma: 1 });
  });

  test("of the other commands", () => {
    expect(parseConfig("evaluate", evaluateSchema, { flags: required })).toMatchObject({
      split: "valid",
      hardPrompt: 3,
    });
    expect(parseConfig("predict", predictSchema, { flags: { files: ["a.jpg"] } })).toMatchObject({
      files: ["a.jpg"],
      detect: true,
    });
    expect(parseConfig("bench", benchSchema, {})).toMatchObject({ batchSize: 32, topK: 16, steps: 10 });
    expect(parseConfig("demo", demoSchema, {})).toMatchObject({ batchSize: 32, seed: 1 });
  });
});

describe("precedence", () => {
  test("is command line, then file, then default", () => {
    const config = train({ ...required, beta: "0.25" }, { beta: 0.5, "batch-size": 8, topK: 4, dataset: "folder" });
    expect(config).toMatchObject({ beta: 0.25, batchSize: 8, topK: 4, dataset: "ferplus", gamma: 1 });
  });

  test("lets a flag override the file", () => {
    expect(train({ ...required, shuffle: true, quiet: false }, { shuffle: false, quiet: true })).toMatchObject({
      shuffle: true,
      quiet: false,
    });
  });
});

describe("values", () => {
  test("that are text become numbers only for numeric options", () => {
    const flags = { ...required, data: "123", lr: "1e-3", hardPrompt: "2", prototypeImages: "16", memory: "2000000" };
    expect(train(flags)).toMatchObject({ data: "123", lr: 1e-3, hardPrompt: 2, prototypeImages: 16, memory: 2e6 });
    expect(train({ ...required, prototypeImages: "all", memory: "2GB" })).toMatchObject({
      prototypeImages: "all",
      memory: 2e9,
    });
  });

  test("round-trip through the run's record", () => {
    for (const variant of ["coop", "+vp", "+proto", "+spa", "mpa"]) {
      const config = train({ ...required, variant, tau: "0.07" });
      expect(train({}, JSON.parse(JSON.stringify(config)))).toEqual(config);
    }
  });
});

describe("errors", () => {
  test.each([
    [{}, "USAGE: --data DIR and --dataset DATASET are missing. Fix: see npx mpa-fer train --help"],
    [
      { ...required, epochs: "0" },
      "USAGE: --epochs is 0 but must be a whole number of at least 1. Fix: see npx mpa-fer train --help",
    ],
    [
      { ...required, lr: "0x10" },
      "USAGE: --lr is 0x10 but must be a number above 0. Fix: see npx mpa-fer train --help",
    ],
    [
      { ...required, lr: "1e999" },
      "USAGE: --lr is Infinity but must be a number above 0. Fix: see npx mpa-fer train --help",
    ],
    [{ ...required, out: "" }, 'USAGE: --out is "" but must be a folder. Fix: see npx mpa-fer train --help'],
    [
      { ...required, dataset: "imagenet" },
      "USAGE: --dataset is imagenet but must be one of ferplus, fer2013, raf-db, raf-db-compound, affectnet-7, affectnet-8, expw, sfew, ckplus, jaffe, kdef, dfew-1, dfew-2, dfew-3, dfew-4, dfew-5, ferv39k, folder. Fix: see npx mpa-fer train --help",
    ],
    [
      { ...required, variant: "coop", beta: "0.5" },
      "USAGE: --beta is 0.5 but must be 0 or left out with --variant coop, which has no soft-hard alignment. Fix: see npx mpa-fer train --help",
    ],
    [
      { ...required, shuffle: false, sampler: "balanced" },
      "USAGE: --sampler is balanced but must be uniform with --no-shuffle. Fix: see npx mpa-fer train --help",
    ],
    [{ ...required, epoch: "3" }, "USAGE: train has no option --epoch, did you mean --epochs?"],
    [
      { ...required, split: "test" },
      "USAGE: train has no option --split, it belongs to evaluate, ablate, protocol, reproduce, explain",
    ],
    [{ ...required, zzz: "3" }, "USAGE: train has no option --zzz. Fix: see npx mpa-fer train --help"],
  ])("of the command line %j", (flags, message) => expect(failure({ flags })).toBe(message));

  test.each([
    [
      { epochs: 0.5 },
      "CONFIG: epochs is 0.5 but must be a whole number of at least 1 (run.yaml). Fix: see npx mpa-fer train --help",
    ],
    [
      { "top-k": null },
      "CONFIG: top-k is null but must be a whole number of at least 0 (run.yaml). Fix: see npx mpa-fer train --help",
    ],
    [{ quiet: "yes" }, "CONFIG: quiet is yes but must be true or false (run.yaml). Fix: see npx mpa-fer train --help"],
    [{ batchSise: 3 }, "CONFIG: train has no option batchSise, did you mean batchSize? (run.yaml)"],
    [
      { "batch-size": 3, batchSize: 3 },
      "CONFIG: batch-size and batchSize are the same option (run.yaml). Fix: keep one of them",
    ],
    [{ ["__proto__"]: 3 }, "CONFIG: train has no option __proto__ (run.yaml). Fix: see npx mpa-fer train --help"],
    [{ detect: false }, "CONFIG: train has no option detect, it belongs to predict, explain (run.yaml)"],
  ])("of a file with %j", (values, message) => {
    expect(failure({ flags: required, file: { path, values } })).toBe(message);
  });

  test("name the command line if it overrides the file", () => {
    const file = { path, values: { epochs: 3 } };
    expect(failure({ flags: { ...required, epochs: "x" }, file })).toMatch(/^USAGE: --epochs is x but /);
  });
});

describe.each(commands.map(({ name, options }) => [name, options] as const))("the options of %s", (_, options) => {
  test("name the source of every default except that of a flag that is off", () => {
    const silent = options
      .filter((found) => found.default !== undefined && found.default !== false && found.source === undefined)
      .filter((found) => !found.isFlag);
    expect(silent.map(({ key }) => key)).toEqual([]);
  });

  test("have unique names that no argument of the program shadows", () => {
    const names = options.map(({ key }) => kebabCase(key));
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => ["help", "config", "debug", "version"].includes(name))).toEqual([]);
    expect(names.map(camelCase).map(kebabCase)).toEqual(names);
  });
});
