import { describe, expect, it } from "vitest";
import { optionsOf } from "../platform/options/option.ts";
import { sweepRows } from "./ablate/rows.ts";
import {
  canVary,
  differingOptions,
  publishedOptions,
  recordedConfig,
  repeatedOptions,
  resultOptions,
  withInputsOf,
} from "./optionRoles.ts";
import { trainSchema } from "./options.ts";

const keys = optionsOf(trainSchema.options).map(({ key }) => key);
const all = Object.fromEntries(keys.map((key) => [key, `any ${key}`]));
/** The keys of `train` that are not in the options. */
const without = (options: object) => keys.filter((key) => !Object.hasOwn(options, key));
const config = trainSchema.config.parse({ data: "faces", dataset: "folder", lr: 0.5, out: "runs/a" });

const ofTheCall = [
  "out",
  "resume",
  "replay",
  "featureCache",
  "mlflow",
  "mlflowExperiment",
  "redis",
  "helpers",
  "estimate",
  "memory",
];

describe("the role of an option determines", () => {
  it("what --resume and an ablation cell compare, in the order of the configuration", () => {
    expect(without(resultOptions(all))).toEqual([
      ...["dataWorkers", "out", "resume", "replay", "featureCache", "tensorboard", "mlflow", "mlflowExperiment"],
      ...["reportFaces", "checkpointEvery", "microBatch", "redis", "helpers", "estimate"],
      ...["threads", "memory", "json", "quiet"],
    ]);
    expect(Object.keys(resultOptions({ seed: 1, quiet: true, lr: 1, data: "." }))).toEqual(["seed", "lr", "data"]);
  });

  it("what --replay compares, which excludes the paths of inputs", () => {
    const inputs = { data: "a", backbone: "a", descriptions: "a", init: "a" };
    expect(differingOptions(config, { ...config, ...inputs, threads: 99, microBatch: 1, out: "b" })).toEqual([]);
    const others = { ...config, lr: 1, batchSize: 8, shuffle: false, allowBad: 3, lossTerm: ["L_x=1"] };
    expect(differingOptions(config, others)).toEqual([
      ...["--allow-bad (not given then, 3 now)", "--no-shuffle (not given then, given now)"],
      ...['--loss-term (not given then, ["L_x=1"] now)', "--batch-size (32 then, 8 now)", "--lr (0.5 then, 1 now)"],
    ]);
  });

  it("what is compared for options that older records lack: their defaults are equal to their absence", () => {
    const later = { optimiser: "sgd", warmupEpochs: 0, labelSmoothing: 0, mixup: 0, ema: 0, adamBeta2: 0.999 };
    expect(resultOptions({ ...config, ...later })).toEqual(resultOptions(config));
    expect(JSON.stringify(resultOptions(config))).not.toMatch(
      /optimiser|warmup|Smoothing|classWeights|mixup|ema|average/,
    );
    expect(differingOptions(config, { ...config, ...later })).toEqual([]);
    expect(differingOptions(config, { ...config, optimiser: "adamw", patience: 3 })).toEqual([
      ...["--optimiser (not given then, adamw now)", "--patience (not given then, 3 now)"],
    ]);
  });

  it("what --replay repeats: everything except options of a single call, including unknown options", () => {
    expect(new Set(without(repeatedOptions(all)))).toEqual(new Set([...ofTheCall, "json", "quiet"]));
    expect(repeatedOptions({ unknown: 1 })).toEqual({ unknown: 1 });
  });

  it("what is published: no paths or addresses, and no unknown options", () => {
    const places = ["data", "persons", "backbone", "descriptions", "init"];
    expect(new Set(without(publishedOptions(all)))).toEqual(new Set([...ofTheCall, ...places, "json", "quiet"]));
    expect(publishedOptions({ unknown: "/home/me" })).toEqual({});
  });

  it("which input paths a past run supplies", () => {
    const past = { ...config, data: "/old/faces", descriptions: "/old/d.json", lr: 9, out: "/old/run" };
    expect(withInputsOf(config, past)).toEqual({ ...config, data: "/old/faces" });
    expect(Object.keys(withInputsOf(config, past))).toEqual(Object.keys(config));
  });

  it("what a sweep may vary", () => {
    expect(["lr", "variant", "backbone", "init", "allowBad"].filter(canVary)).toHaveLength(5);
    expect(["out", "mlflow", "threads", "microBatch", "checkpointEvery", "quiet", "nothing"].filter(canVary)).toEqual(
      [],
    );
    for (const name of ["micro-batch", "mlflow-experiment", "threads", "seed", "data", "valid-limit"]) {
      expect(() => sweepRows([`${name}=1,2`])).toThrow(`a sweep cannot vary ${name}`);
    }
    expect(() => sweepRows(["betta=1"])).toThrow("did you mean --beta?");
  });
});

it("records URLs without secrets, and other places unchanged", () => {
  const redis = "rediss://me:secret@host:6379/0";
  const places = {
    redis,
    mlflow: "http:me:secret@host/x",
    data: "https",
    init: "hub:ORG/NAME",
    backbone: "random:vit-b-16",
  };
  expect(recordedConfig({ ...config, ...places })).toEqual({
    ...{ ...config, ...places },
    ...{ redis: "rediss://host:6379/0", mlflow: "http://host/x" },
  });
});
