/** What a model says of its prompts. */
import { expect, it } from "vitest";
import { packageFile } from "../platform/package.node.ts";
import { openModel } from "./model.node.ts";

const config = { backbone: "faceclip-mini", hardPrompt: 3, threads: 1, provider: "cpu", precision: "fp32" } as const;
const bundled = packageFile("models/faceclip-mini/prompts.safetensors");

it("names prompts by their file, and says which of them come with the backbone", async () => {
  const { description } = await openModel({ ...config, zeroShot: false });
  expect(description).toMatchObject({ checkpoint: "prompts.safetensors", isBundled: true });
  const chosen = await openModel({ ...config, checkpoint: bundled });
  expect(chosen.description).toMatchObject({ checkpoint: "prompts.safetensors" });
  expect(chosen.description).not.toHaveProperty("isBundled");
});

it("has no checkpoint without trained prompts", async () => {
  const { description, checkpoint } = await openModel(config);
  expect(checkpoint).toBeUndefined();
  expect(description.checkpoint).toBeUndefined();
});
