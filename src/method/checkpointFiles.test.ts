/** Prompt files that training starts from. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { packageFile } from "../platform/package.node.ts";
import { startingPrompts } from "./checkpoint.node.ts";

const shapes = { "text.context": [8, 10, 128], "vision.prompts": [8, 8, 128] };

it("are refused where they hold no learned tensor", async () => {
  const file = join(packageFile("models/faceclip-mini"), "prompts.safetensors");
  await expect(startingPrompts(shapes, 1, file)).rejects.toMatchObject({
    code: "CHECKPOINT",
    message: expect.stringContaining("it has none of text.context, vision.prompts"),
  });
});

it("are read where they do", async () => {
  const file = join(packageFile("models/faceclip-mini"), "mpa.safetensors");
  const [read, drawn] = [await startingPrompts(shapes, 1, file), await startingPrompts(shapes, 1, undefined)];
  expect(Object.keys(read)).toEqual(Object.keys(drawn));
  expect(read["vision.prompts"].data).not.toEqual(drawn["vision.prompts"].data);
});
