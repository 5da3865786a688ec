import { describe, expect, it } from "vitest";
import { jsonBounds, parseStrictJson } from "./json.ts";

const bounds = { max: 1000, values: 1000, containers: 1000, keys: 9 };

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

  it.each([
    [`[${"{},".repeat(50)}{}]`, 102],
    [`{"a":[1,2],"b":"x,y[{","c":[[],{}]}`, 9],
    ["3", 0],
    ["[]", 1],
  ])("counts the values of %.30s", (text, values) => {
    expect(parseStrictJson(text, { ...bounds, values })).toEqual(JSON.parse(text));
    expect(() => parseStrictJson(text, { ...bounds, values: values - 1 })).toThrow(/values/);
    expect(() => parseStrictJson(text, { ...bounds, max: text.length - 1 })).toThrow(/MiB/);
  });

  it("rejects too many objects before creating any", () => {
    expect(() => parseStrictJson(`{"a":[${"{},".repeat(2e6)}{}]}`)).toThrow("more than 30000 objects and lists");
  });

  it("limits the keys of each object", () => {
    const two = { ...bounds, keys: 2 };
    expect(parseStrictJson('[{"a":1,"b":{"a":1,"b":2}},{"a":1}]', two)).toHaveLength(2);
    expect(() => parseStrictJson('{"a":1,"b":{"a":1},"c":2}', two)).toThrow("more than 2 keys in one object");
  });

  it("limits objects and lists", () => {
    const text = '[{},[],{"a":[0]}]';
    expect(parseStrictJson(text, { ...bounds, containers: 5 })).toHaveLength(3);
    expect(() => parseStrictJson(text, { ...bounds, containers: 4 })).toThrow("more than 4 objects and lists");
  });

  it("preserves __proto__ as a property without prototype pollution", () => {
    const value = parseStrictJson('{"__proto__":{"polluted":1},"constructor":2}', jsonBounds.modelConfig);
    expect(Object.entries(Object(value))).toEqual([
      ["__proto__", { polluted: 1 }],
      ["constructor", 2],
    ]);
    expect("polluted" in {}).toBe(false);
  });

  it("throws only SyntaxError", () => {
    expect(() => parseStrictJson('{"\\x":1}')).toThrow(SyntaxError);
  });
});
