import { describe, expect, test } from "vitest";
import { parseConfigFile } from "./file.ts";

describe("a configuration file", () => {
  test("is YAML", () => {
    expect(parseConfigFile("# mine\nbatch-size: 8\nvariant: +vp\nshuffle: false\nlr: 1e-3\n", "run.yaml")).toEqual({
      "batch-size": 8,
      variant: "+vp",
      shuffle: false,
      lr: 1e-3,
    });
  });

  test("is JSON, with or without a byte-order mark", () => {
    expect(parseConfigFile('\uFEFF{"topK": 4}', "run.json")).toEqual({ topK: 4 });
  });

  test("reads the booleans of YAML 1.1 as strings", () => {
    expect(parseConfigFile("out: no", "run.yml")).toEqual({ out: "no" });
  });

  test.each([
    ["run.yaml", "", "the configuration is not a mapping of options to values"],
    ["run.yaml", "- a\n- b", "the configuration is not a mapping of options to values"],
    ["run.json", "[1]", "the configuration is not a mapping of options to values"],
    ["run.json", "{", "the configuration is not JSON"],
    ["run.yaml", "a: [1", "the configuration is not YAML"],
    ["run.yaml", "a: 1\na: 2", "the configuration is not YAML"],
    ["run.yaml", "a: !!js/function x", "the configuration is not YAML"],
    ["run.yaml", "a: !mine x", "the configuration is not YAML"],
    ["run.yaml", "a: *b", "the configuration is not YAML"],
    ["run.yaml", "a: 1\n---\nb: 2", "the configuration is not YAML .it holds more than one document."],
    ["run.yaml", "a: 1\n...\nb: 2", "the configuration is not YAML .it holds more than one document."],
    ["run.yaml", "---\n---\na: 1", "the configuration is not YAML .it holds more than one document."],
    ["run.yaml", "a: {1: x, '1': y}", 'the configuration is not YAML .the key "1" comes twice.'],
    ["run.yaml", "? [a]\n: b", "the configuration is not YAML"],
  ])("%s with %j is rejected in one line with the path", (path, content, message) => {
    expect(() => parseConfigFile(content, path)).toThrow(
      expect.objectContaining({
        code: "CONFIG",
        message: expect.stringMatching(new RegExp(`^${message}.* \\(${path}\\)\\. Fix: .+$`)),
      }),
    );
  });

  test.each(["run.yaml", "run.json"])("%s preserves an option called __proto__", (path) => {
    const text = path.endsWith("json") ? '{"__proto__":{"lr":1},"seed":2}' : "__proto__: {lr: 1}\nseed: 2";
    expect(Object.entries(parseConfigFile(text, path))).toEqual([
      ["__proto__", { lr: 1 }],
      ["seed", 2],
    ]);
  });

  test("is one document with markers and comments", () => {
    expect(parseConfigFile("# mine\n---\nseed: 2\n...\n# the end\n", "run.yaml")).toEqual({ seed: 2 });
  });

  test("limits the expansion of aliases", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(", ")}]`);
    expect(() => parseConfigFile(["l0: &l0 [x]", ...levels].join("\n"), "bomb.yaml")).toThrow(/alias.*bomb\.yaml/i);
  });
});

test.each<[string, string, string]>([
  ["nested lists", "a.yaml", `a: ${"[".repeat(20_000)}`],
  ["nested mappings", "a.yaml", `a: ${"{a: ".repeat(5000)}1${"}".repeat(5000)}`],
  [
    "nested aliases",
    "a.yaml",
    Array.from({ length: 500 }, (_, i) => `a${i}: &a${i} [*a${i - 1}, *a${i - 1}]`)
      .join("\n")
      .replace("[*a-1, *a-1]", "x"),
  ],
  ["a tag", "a.yaml", "a: !!js/function 'x'"],
  ["a duplicate key", "a.yaml", "a: 1\na: 2"],
  ["a duplicate key", "a.json", '{"a":1,"a":2}'],
  ["nested lists", "a.json", `{"a":${"[".repeat(20_000)}`],
  ["many equal keys", "a.yaml", `${Array.from({ length: 9000 }, (_, i) => `${i}: 1`).join("\n")}\n0: 1`],
  ["a text of 70,000 characters", "a.yaml", `# ${"x".repeat(70_000)}`],
])("rejects %s in %s", (_, path, text) =>
  expect(() => parseConfigFile(text, path)).toThrow(expect.objectContaining({ code: "CONFIG" })),
);
