import { expect, test } from "vitest";
import { z } from "zod";
import { integer, optionGroup } from "./option.ts";
import { parseConfig, parseOptions } from "./parse.ts";

const group = optionGroup("Test");
const options = z.strictObject({
  topK: group(integer(0).optional(), { value: "K", role: "result", help: "local features" }),
  labelRule: group(z.string().optional(), { value: "RULE", role: "result", help: "of labels" }),
  files: group(z.array(z.string()).optional(), { value: "FILE…", role: "place", help: "pictures", positional: true }),
});
const config = options.transform((given, context) => {
  const refuse = (option: string) =>
    context.addIssue({ code: "custom", path: [option], message: "must not come with --label-rule", input: given });
  if (given.labelRule !== undefined) refuse(given.topK === undefined ? "files" : "topK");
  return given;
});

test.each([
  [{ topK: "-1" }, "--top-k is -1 but must be a whole number of at least 0"],
  [{ topK: "4", labelRule: "x" }, "--top-k is 4 but must not come with --label-rule"],
  [{ labelRule: "x", files: ["a"] }, 'FILE… is ["a"] but must not come with --label-rule'],
])("names the flags of %o as they are typed", (flags, message) => {
  expect(() => parseConfig("test", { options, config }, { flags })).toThrow(message);
});

test("spells options of a file and of a call as given", () => {
  const file = { path: "run.yaml", values: { "top-k": 4 } };
  const inFile = () => parseConfig("test", { options, config }, { file, flags: { labelRule: "x" } });
  expect(inFile).toThrow("top-k is 4 but must not come with --label-rule");
  const inCall = () => parseOptions("test", { options, config }, { topK: 4, labelRule: "x" }, "TestOptions");
  expect(inCall).toThrow("topK is 4 but must not come with labelRule");
});

test("names all missing options at once", () => {
  const needed = z.strictObject({
    data: group(z.string(), { value: "DIR", role: "place", help: "folder" }),
    kind: group(z.string(), { value: "one|two|three|".repeat(5), role: "result", help: "of data" }),
    epochs: group(integer(1), { value: "N", role: "result", help: "of training" }),
  });
  const schema = { options: needed, config: needed };
  expect(() => parseConfig("test", schema, {})).toThrow(/^--data DIR, --kind KIND and --epochs N are missing\. Fix: /);
  expect(() => parseConfig("test", schema, { flags: { data: "d", kind: "one" } })).toThrow(
    /^--epochs N is missing \(of training\)/,
  );
  expect(() => parseConfig("test", schema, { flags: { epochs: "0" } })).toThrow(
    /^--data DIR and --kind KIND are missing/,
  );
  expect(() => parseOptions("test", schema, {}, "TestOptions")).toThrow(/^data, kind and epochs are missing/);
});
