import { describe, expect, it } from "vitest";
import { indexOfShard, neededFiles } from "./names.ts";

const texts = ["config.json", "tokenizer.json"];

describe("neededFiles", () => {
  it.each([
    [["model.safetensors", "pytorch_model.bin", "model.safetensors.index.json"], ["model.safetensors"]],
    [
      [
        "model.safetensors.index.json",
        "model-00001-of-00002.safetensors",
        "model-00002-of-00002.safetensors",
        "pytorch_model.bin",
      ],
      ["model.safetensors.index.json", "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"],
    ],
    [["pytorch_model.bin", "pytorch_model.bin.index.json"], ["pytorch_model.bin"]],
    [
      ["pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin", "model-00001-of-00001.safetensors"],
      ["pytorch_model.bin.index.json", "pytorch_model-00001-of-00001.bin"],
    ],
  ])("returns the files of %j with %j", (there, weights) => {
    expect(neededFiles([...there, ...texts])).toEqual({
      weights: weights[0],
      files: ["config.json", ...weights, "tokenizer.json"],
    });
  });

  it.each([
    [
      ["tf_model.h5"],
      "model.safetensors or model.safetensors.index.json or pytorch_model.bin or pytorch_model.bin.index.json",
    ],
    [["model.safetensors.index.json"], "part of model.safetensors.index.json"],
    [
      ["model.safetensors.index.json", "model-00001-of-00003.safetensors", "model-00003-of-00003.safetensors"],
      "model-00002-of-00003.safetensors",
    ],
  ])("names the file missing from %j: %s", (there, missing) =>
    expect(neededFiles([...there, ...texts])).toEqual({ missing }),
  );
});

it.each([
  ["model-00001-of-00002.safetensors", "model.safetensors.index.json"],
  ["pytorch_model-00010-of-00012.bin", "pytorch_model.bin.index.json"],
  ["model.safetensors", undefined],
  ["model-1-of-2.safetensors", undefined],
  ["model-00001-of-00002.gguf", undefined],
])("the index of %s is %s", (name, index) => expect(indexOfShard(name)).toBe(index));
