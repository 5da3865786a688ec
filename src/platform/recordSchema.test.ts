import { expect, it } from "vitest";
import { z } from "zod";
import { listOf, recordOf } from "./recordSchema.ts";

const schema = recordOf(z.object({ n: z.number() }));

it("preserves every key of a JSON text", () => {
  const json = JSON.parse('{"__proto__":{"n":1},"constructor":{"n":2},"hasOwnProperty":{"n":3}}');
  const record = schema.parse(json);
  expect(Object.entries(record)).toEqual(Object.entries(json));
  expect(Object.getPrototypeOf(record)).toBe(Object.prototype);
  expect(JSON.stringify(record)).toBe(JSON.stringify(json));
});

it("reports the key of an invalid value", () => {
  const { error } = schema.safeParse({ a: { n: 1 }, b: { n: "1" } });
  expect(error?.issues[0].path).toEqual(["b", "n"]);
});

it.each([[[]], [null], ["x"], [3], [undefined]])("rejects %j", (value) =>
  expect(schema.safeParse(value).success).toBe(false),
);

it("stops at the first invalid element of a list", () => {
  const list = listOf(listOf(z.number()));
  expect(list.parse([[1, 2], []])).toEqual([[1, 2], []]);
  const { error } = list.safeParse([[1], ["x", "y"], 3]);
  expect(error?.issues).toMatchObject([{ path: [1, 0] }]);
  expect(list.safeParse({ 0: [1] }).success).toBe(false);
});
