import { describe, expect, it } from "vitest";
import { parseCsv } from "./csv.ts";

const parse = (text: string) => [...parseCsv(text, "t.csv")];

describe("parseCsv", () => {
  it.each([
    [
      "a,b\nc,d\n",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    [
      "a,b\r\nc,d",
      [
        ["a", "b"],
        ["c", "d"],
      ],
    ],
    ['"(0, 0)",1', [["(0, 0)", "1"]]],
    ['"say ""hi""",""\n', [['say "hi"', ""]]],
    ["a,,\n", [["a", "", ""]]],
    ["\uFEFFa,b", [["a", "b"]]],
    ["a,b,", [["a", "b", ""]]],
    ["a\rb", [["a\rb"]]],
    ["", []],
  ])("reads %j", (text, rows) => {
    expect(parse(text).map(({ cells }) => cells)).toEqual(rows);
  });

  it("counts lines over empty ones and breaks in cells", () => {
    expect(parse('a\n\n"b\nc",d\r\n\r\ne').map(({ line, cells }) => [line, cells])).toEqual([
      [1, ["a"]],
      [3, ["b\nc", "d"]],
      [6, ["e"]],
    ]);
  });

  it.each([
    ['x\n"a', "a quote is not closed, t.csv:2"],
    ['x\ny,a"b', "a quote stands inside a cell, t.csv:2"],
    ['"a"b', "text follows a closing quote, t.csv:1"],
  ])("refuses %j", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});
