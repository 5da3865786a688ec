import { resolve } from "node:path";
import { expect, it } from "vitest";
import { trainSchema } from "../options.ts";
import { withAbsolutePaths } from "./places.ts";

it("makes paths absolute, and leaves names, URLs and other options unchanged", () => {
  const names = {
    backbone: "openai/clip-vit-base-patch16",
    redis: "redis://host:6379",
    init: "hub:ORG/NAME",
    mlflowExperiment: "src",
    seed: 1,
  };
  expect(withAbsolutePaths(trainSchema.options, { ...names, variant: "src", data: "missing", out: "runs/a" })).toEqual({
    ...{ ...names, variant: "src" },
    ...{ data: resolve("missing"), out: resolve("runs/a") },
  });
});
