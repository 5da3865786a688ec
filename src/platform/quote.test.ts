import { expect, it } from "vitest";
import { MpaError } from "./errors.ts";
import { escaped, quoted, quotedList } from "./quote.ts";

it.each([
  ["plain ärger 怒り 👩‍👧", "plain ärger 怒り 👩‍👧"],
  ["\u001b[2J\r\n\t\u0000\u007f\u009b", "\\u001b[2J\\u000d\\u000a\\u0009\\u0000\\u007f\\u009b"],
  ["\u2028\u2029\u202e\u2066", "\\u2028\\u2029\\u202e\\u2066"],
  ["\ud800x\udc00", "\\ud800x\\udc00"],
])("writes %j so that it stays in its line", (text, shown) => expect(escaped(text)).toBe(shown));

it("truncates long text", () => {
  expect(quoted("x".repeat(100), 5)).toBe('"xxxxx…"');
  expect(quoted("\n\n\n", 8)).toBe('"\\u000a\\u…"');
  expect(quotedList(["a", "b", 'c"d'], 2)).toBe('"a", "b" and 1 more');
  expect(quotedList(['c"d'])).toBe('"c\\"d"');
});

it("formats every error as one line of limited length", () => {
  const { message } = new MpaError("CONFIG", `the key ${"\n\u001b[31m".repeat(5000)} is wrong`, {
    where: "a\rb",
    fix: "x",
  });
  expect(message).toMatch(/^the key \\u000a\\u001b\[31m.*… \(a\\u000db\)\. Fix: x$/);
  expect(message.length).toBeLessThan(5000);
});
