import { describe, expect, it } from "vitest";
import { checkClassNames, maxClasses } from "./classNames.ts";

const check = (...names: string[]) => checkClassNames(names, "DATASET", "here");

describe("checkClassNames", () => {
  it.each([
    ["anger", "fear"],
    ["__proto__", "constructor"],
    ["<b>", "a/b"],
    ["ärger", "怒り", "👩‍👩‍👧 joy"],
    ["1", "01"],
    [],
  ])("accepts %j", (...names) => expect(() => check(...names)).not.toThrow());

  it.each([
    [["fear", "joy", "fear"], 'the class "fear" comes twice'],
    [["joy", ""], "empty"],
    [["joy", " \t"], "empty"],
    [["a\nb"], '"a\\u000ab" has a control character or a line break'],
    [["\u001b[31mred"], '"\\u001b[31mred" has a control character'],
    [["a\u0000"], '"a\\u0000" has'],
    [["a\u2028b"], '"a\\u2028b" has'],
    [["a\ud800b"], '"a\\ud800b" has'],
    [["\u202egnp.exe"], '"\\u202egnp.exe" has'],
    [["x".repeat(201)], `"${"x".repeat(60)}…" has a name of more than 200 letters`],
  ])("rejects %j", (names, message) => {
    expect(() => check(...names)).toThrow(
      expect.objectContaining({ code: "DATASET", message: expect.stringContaining(message) }),
    );
  });

  it("limits their number", () => {
    const names = Array.from({ length: maxClasses }, (_, i) => `class ${i}`);
    expect(() => check(...names)).not.toThrow();
    expect(() => check(...names, "one more")).toThrow("10001 classes are more than the 10000");
  });
});
