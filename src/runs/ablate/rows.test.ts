import { expect, it } from "vitest";
import { rowsOf, trainedRows } from "./rows.ts";

it("the tables have the paper's rows and figures", () => {
  expect(
    rowsOf({ table: ["components"], backbones: [], vary: [] }).map(({ name, paper }) => [name, paper["raf-db"]]),
  ).toEqual([
    ["coop", 86.15],
    ["+vp", 88.47],
    ["+proto", 89.42],
    ["+spa", 91.18],
    ["mpa", 92.51],
  ]);
  const prompts = rowsOf({ table: ["prompts"], backbones: [], vary: [] });
  expect(prompts).toHaveLength(12);
  expect(prompts[3]).toEqual({
    name: "CoOp + soft-hard (1)",
    options: { variant: "+spa", visualPrompts: 0, gamma: 0, hardPrompt: 1, softText: "hard-prompt" },
    paper: { "raf-db": 87.56, ferplus: 88.88 },
  });
  expect(
    rowsOf({ table: ["prototypes"], backbones: [], vary: [] }).map(({ options }) => options.prototypeImages),
  ).toEqual([1, 4, 16, 32, 64, "all"]);
  const backbones = rowsOf({ table: ["backbones"], backbones: ["openai/clip-vit-large-patch14", "mine"], vary: [] });
  expect(backbones.map(({ paper }) => paper.ferplus)).toEqual([91.81, undefined]);
  expect(backbones.map(({ paperMegabytes }) => paperMegabytes)).toEqual([0.443, undefined]);
});

it("the table of baselines has a row for each method, and those without prompts are not trained in steps", () => {
  const methods = ["linear-probe", "kgcoop", "mpa"];
  const config = { table: ["baselines"], backbones: [], vary: [], methods } satisfies Parameters<typeof rowsOf>[0];
  expect(rowsOf(config).map(({ name, baseline }) => [name, baseline])).toEqual([
    ["linear-probe", "linear-probe"],
    ["kgcoop", undefined],
    ["mpa", undefined],
  ]);
  expect(trainedRows(config).map(({ options }) => options)).toEqual([
    { variant: "coop", context: "unified", contextLength: 4, lossTerm: ["L_kg=8"] },
    { variant: "mpa" },
  ]);
});
