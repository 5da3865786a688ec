import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { openBackbone } from "../clip/backbone.node.ts";
import type { Backbone } from "../clip/backbone.ts";
import { checkClasses, checkpointConfigJson, encodeCheckpoint, type Inference, parseCheckpoint } from "./checkpoint.ts";
import { initialPrompts, promptShapes } from "./prompts.ts";

let backbone: Backbone;
beforeAll(async () => {
  backbone = await openBackbone(join(import.meta.dirname, "../../test/fixtures/tiny-clip"));
});

/** A whole checkpoint of these classes, read back. */
function readBack(
  classes: readonly string[],
  sha256 = backbone.sha256,
  name = "tiny-clip",
  { isHard = false, ...more }: { readonly isHard?: boolean; readonly inference?: Inference } = {},
) {
  const { config } = backbone.clip;
  const options = { classes: classes.length, context: "class-specific", contextLength: 2, visualPrompts: 1 } as const;
  const width = config.jointWidth;
  const bytes = encodeCheckpoint({
    prompts: isHard ? {} : initialPrompts(promptShapes(config, options), 1),
    theta: { shape: [classes.length, width], data: new Float32Array(classes.length * width) },
    classes,
    config: {
      ...{ context: "class-specific", softText: "class-name", hardPrompt: 2, visualPrompts: 1, topK: 0 },
      ...{ beta: 0, gamma: 0, prototypeLoss: "cosine", tau: 0.01 },
    },
    backbone: { name, sha256 },
    ...more,
  });
  return parseCheckpoint(bytes, "best.safetensors", backbone);
}

it("round-trips arbitrary class names", () => {
  const classes = ["__proto__", "constructor", "<b>joy</b>", "怒り"];
  expect(readBack(classes).classes).toEqual(classes);
});

it.each<[string, string[], string]>([
  ["a class twice", ["anger", "fear", "fear"], 'the class "fear" comes twice'],
  ["control of the terminal", ["anger", "\u001b]0;x\u0007"], '"\\u001b]0;x\\u0007" has a control character'],
  ["a line break", ["a\nb", "fear"], '"a\\u000ab" has a control character or a line break'],
  ["a name without end", ["a".repeat(1_000_000), "fear"], "more than 200 letters"],
  ["no class", [], "classes is missing or malformed"],
])("refuses %s", (_, classes, message) => {
  expect(() => readBack(classes)).toThrow(
    expect.objectContaining({ code: "CHECKPOINT", message: expect.stringContaining(message) }),
  );
});

it("holds hard prompts alone, a temperature, the mirrored read and an adjustment", () => {
  const inference = { temperature: 0.5, flip: true, adjustment: [0, 0.3] };
  const read = readBack(["a", "b"], undefined, undefined, { isHard: true, inference });
  expect(read).toMatchObject({ prompts: {}, inference, theta: { shape: [2, backbone.clip.config.jointWidth] } });
  expect(readBack(["a", "b"]).inference).toBeUndefined();
});

it.each([0, -1, 1e-40, 1e9, Number.NaN])("refuses the temperature %d", (temperature) => {
  expect(() => readBack(["a", "b"], undefined, undefined, { inference: { temperature, flip: false } })).toThrow(
    expect.objectContaining({
      code: "CHECKPOINT",
      message: expect.stringContaining("inference is missing or malformed"),
    }),
  );
});

it.each([
  ["of other than one number a class", [0.3]],
  ["without bound", [0, 1e38]],
])("refuses an adjustment %s", (_, adjustment) => {
  const inference = { temperature: 1, flip: false, adjustment };
  expect(() => readBack(["a", "b"], undefined, undefined, { inference })).toThrow(
    expect.objectContaining({
      code: "CHECKPOINT",
      message: expect.stringContaining("inference is missing or malformed"),
    }),
  );
});

it("asks for another training where the backbone of that name has changed, else for the other backbone", () => {
  expect(() => readBack(["a", "b"], "0".repeat(64), backbone.name)).toThrow(/Fix: train it again$/);
  expect(() => readBack(["a", "b"], "0".repeat(64), "another")).toThrow(/Fix: name its backbone with --backbone$/);
});

it("quotes and truncates text from the file in messages", () => {
  const named = () => readBack(["a", "b"], "0".repeat(64), `\u001b[2J${"x".repeat(5000)}`);
  expect(named).toThrow(/it was trained on "\\u001b\[2Jx{51}…"/);
  const classes = Array.from({ length: 500 }, (_, i) => `class ${i}`);
  expect(() => checkClasses({ ...readBack(["a", "b"]), classes }, ["a"], "f")).toThrow(
    /"class 7" and 492 more; the data's are "a"/,
  );
});

it("records a template only where one was given", () => {
  const { config } = readBack(["a", "b"]);
  expect(JSON.parse(checkpointConfigJson({ ...config, template: undefined }))).toEqual({
    ...{ context: "class-specific", softText: "class-name", hardPrompt: 2, visualPrompts: 1, localTopK: 0 },
    ...{ beta: 0, gamma: 0, prototypeLoss: "cosine", tau: 0.01 },
  });
  expect(checkpointConfigJson({ ...config, template: undefined })).not.toContain("template");
  expect(JSON.parse(checkpointConfigJson({ ...config, template: "a {class}" })).template).toBe("a {class}");
});
