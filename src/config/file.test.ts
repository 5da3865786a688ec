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

  test("or JSON, with or without a byte order mark", () => {
    expect(parseConfigFile('\uFEFF{"topK": 4}', "run.json")).toEqual({ topK: 4 });
  });

  test("keeps the words that are truth values in YAML 1.1 only", () => {
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
  ])("%s with %j is refused in one line that names it", (path, content, message) => {
    expect(() => parseConfigFile(content, path)).toThrow(
      expect.objectContaining({
        code: "CONFIG",
        message: expect.stringMatching(new RegExp(`^${message}.*, ${path}, .+$`)),
      }),
    );
  });

  test("does not follow aliases that grow without bound", () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(", ")}]`);
    expect(() => parseConfigFile(["l0: &l0 [x]", ...levels].join("\n"), "bomb.yaml")).toThrow(/alias.*bomb\.yaml/i);
  });
});
