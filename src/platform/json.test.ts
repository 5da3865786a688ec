import { describe, expect, it } from "vitest";
import { parseStrictJson } from "./json.ts";

describe("parseStrictJson", () => {
  it.each([
    '{"a":1,"b":[{"a":2},{"a":3}],"c":{"a":"{\\"a\\":1,\\"a\\":2}"}}',
    '["a","a"]',
    '{"a\\\\":1,"a":2}',
    "[1e3, null, true]",
    `${"[".repeat(64)}${"]".repeat(64)}`,
  ])("reads %s as JSON.parse does", (text) => expect(parseStrictJson(text)).toEqual(JSON.parse(text)));

  it.each([
    ['{"a":1,"a":2}', /the key "a" comes twice/],
    ['{"a":1,"b":2,"\\u0061":3}', /the key "a" comes twice/],
    ['[{"x":{"__proto__":1,"__proto__":2}}]', /comes twice/],
    [`${"[".repeat(65)}${"]".repeat(65)}`, /more than 64 levels/],
    [`${'{"a":'.repeat(1e6)}`, /more than 64 levels/],
    ['{"a":"', /JSON/],
    ['{"\\', /JSON/],
    ["", /JSON/],
  ])("refuses %.40s", (text, reason) => expect(() => parseStrictJson(text)).toThrow(reason));

  it("throws nothing but a SyntaxError", () => {
    expect(() => parseStrictJson('{"\\x":1}')).toThrow(SyntaxError);
  });
});
