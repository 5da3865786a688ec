import { describe, expect, test } from "vitest";
import { optionsOf } from "../../platform/options/option.ts";
import { explainSchema } from "../../runs/explain/options.ts";
import { trainSchema } from "../../runs/options.ts";
import { predictSchema } from "../predict/options.ts";
import { readArguments } from "./arguments.ts";
import { optionOwners } from "./command.ts";
import { commands } from "./registry.ts";

const owners = optionOwners(commands);
const train = (...argv: string[]) => readArguments("train", optionsOf(trainSchema.options), argv, owners);
const predict = (...argv: string[]) => readArguments("predict", optionsOf(predictSchema.options), argv, owners);
const explain = (...argv: string[]) => readArguments("explain", optionsOf(explainSchema.options), argv, owners);

describe("arguments", () => {
  test("become options by camelCase key", () => {
    expect(train("--batch-size", "8", "--variant", "+vp", "--top-k=4", "--quiet")).toEqual({
      flags: { batchSize: "8", variant: "+vp", topK: "4", quiet: true },
      configPath: undefined,
      offline: false,
      plugins: [],
    });
  });

  test("turn flags off with no-; the last one wins", () => {
    expect(train("--no-shuffle", "--quiet", "--no-quiet").flags).toEqual({ shuffle: false, quiet: false });
    expect(train("--no-shuffle", "--shuffle", "--seed", "1", "--seed", "2").flags).toEqual({
      shuffle: true,
      seed: "2",
    });
  });

  test("accumulate if an option is a list", () => {
    expect(explain("--checkpoint", "a", "--checkpoint=b", "c.jpg").flags).toEqual({
      checkpoint: ["a", "b"],
      files: ["c.jpg"],
    });
  });

  test("may be a dash or a negative number", () => {
    expect(train("--json", "-", "--tau", "-1").flags).toEqual({ json: "-", tau: "-1" });
  });

  test("without a flag are the files of predict, and so are all after --", () => {
    expect(predict("a.jpg", "--no-detect", "b.jpg", "--", "--odd.jpg").flags).toEqual({
      detect: false,
      files: ["a.jpg", "b.jpg", "--odd.jpg"],
    });
  });

  test("turn the network off", () => expect(train("--offline").offline).toBe(true));

  test("name any number of plugins", () => {
    const { plugins, flags } = train("--plugin", "./faces.mjs", "--plugin=./loss.mjs");
    expect({ plugins, flags }).toEqual({ plugins: ["./faces.mjs", "./loss.mjs"], flags: {} });
  });

  test("name a configuration file", () => {
    expect(train("--config", "run.yaml", "--debug")).toEqual({
      flags: {},
      configPath: "run.yaml",
      offline: false,
      plugins: [],
    });
  });
});

describe("errors", () => {
  test.each([
    [["--epochs"], "--epochs has no value. Fix: write --epochs VALUE"],
    [["--out", "--resume"], "--out has no value. Fix: write --out VALUE"],
    [["--quiet=false"], '--quiet takes no value but was given false. Fix: leave "=false" out'],
    [["--no-epochs"], "train has no option --no-epochs, did you mean --epochs?"],
    [["--batchSize", "3"], "train has no option --batchSize, did you mean --batch-size?"],
    [["--epcohs=3"], "train has no option --epcohs, did you mean --epochs?"],
    [
      ["--checkpoint", "x"],
      "train has no option --checkpoint, it belongs to evaluate, predict, explain, export, serve",
    ],
    [["-q"], "train has no option -q. Fix: see npx mpa-fer train --help"],
    [["--files", "x"], "train has no option --files, it belongs to predict, explain"],
    [["faces"], "train has no use for the word faces. Fix: options start with --"],
    [["--constructor"], "train has no option --constructor. Fix: see npx mpa-fer train --help"],
  ])("of %j", (argv, message) => {
    expect(() => train(...argv)).toThrow(expect.objectContaining({ code: "USAGE", message }));
  });

  test("of a positional option given as a flag", () => {
    expect(() => predict("--files", "x")).toThrow("predict has no option --files. Fix: see npx mpa-fer predict --help");
  });
});
