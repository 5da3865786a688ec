/** Methods paragraphs say what run.json says, and name every option that is not at its default. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { methodsLatex, methodsSchema, methodsText } from "./methodsText.ts";

const recorded = JSON.parse(
  readFileSync(join(import.meta.dirname, "../../../test/fixtures/runs/finished/run.json"), "utf8"),
);
const textOf = (options: object) =>
  methodsText(methodsSchema.parse({ ...recorded, config: { ...recorded.config, ...options } }));

it("leaves out the parts that a variant has not", () => {
  const whole = textOf({ visualPrompts: 8, beta: 1, gamma: 0.5, topK: 16, prototypeLoss: "l1" });
  expect(whole).toContain("8 visual prompts in each layer");
  expect(whole).toContain("the L1 distance (gamma = 0.5)");
  expect(whole).toContain("the 16 most similar patches");
  const coop = textOf({ visualPrompts: 0, beta: 0, gamma: 0, topK: 0 });
  for (const part of ["visual prompts", "aligned with hard prompts", "prototypes", "patches"])
    expect(coop).not.toContain(part);
});

it("says what the prototypes are means of, and what the data set is", () => {
  const pulled = (images: string, distance: string) =>
    `Image features are pulled towards class prototypes, each the mean over ${images} of its class, by ${distance} (gamma = 1).`;
  const all = { gamma: 1, prototypeImages: "all", prototypeLoss: "cosine" };
  expect(textOf(all)).toContain(pulled("all training images", "cosine distance"));
  expect(textOf({ ...all, prototypeImages: 16, prototypeLoss: "l1" })).toContain(
    pulled("16 training images", "the L1 distance"),
  );
  expect(textOf({ ...all, prototypeImages: 1 })).toContain(pulled("1 training image", "cosine distance"));
  expect(textOf({ dataset: "folder" })).toContain("The data set is a folder of class folders, ");
  expect(textOf({ dataset: "ferplus", labelRule: "plurality" })).toContain(
    'The data set is ferplus, label rule "plurality"',
  );
});

it("counts one thing in the singular", () => {
  const { config } = recorded;
  const one = { ...recorded, epochs: 1, steps: 1, config: { ...config, epochs: 1, contextLength: 1, limit: 1 } };
  const text = methodsText(methodsSchema.parse(one));
  expect(text).toContain(", 1 epoch (1 step), ");
  expect(text).toContain("A context of 1 soft token, ");
  expect(text).toContain("at most 1 training image a class");
});

it("names options that no sentence has, unless they are at their default", () => {
  expect(textOf({})).not.toContain("mixup");
  expect(textOf({ mixup: 0.2, labelSmoothing: 0.1 })).toMatch(/Further settings: .*mixup 0\.2/);
  expect(textOf({ mixup: 0.2, labelSmoothing: 0.1 })).toContain("labelSmoothing 0.1");
});

it("holds no path of the run", () => {
  expect(textOf({ data: "/home/somebody/data", descriptions: "/home/somebody/words.json" })).not.toContain("somebody");
});

it("is escaped for LaTeX", () => {
  const record = methodsSchema.parse({ ...recorded, backbone: { name: "a_b%c", sha256: "0".repeat(64) } });
  expect(methodsLatex(record)).toContain("a\\_b\\%c");
});
