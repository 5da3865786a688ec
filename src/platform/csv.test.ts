import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sameCases } from "../../test/sameCases.ts";
import { cellText, csvLine, parseCsv } from "./csv.ts";

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

  it("counts empty lines and line breaks in cells", () => {
    expect(parse('a\n\n"b\nc",d\r\n\r\ne').map(({ line, cells }) => [line, cells])).toEqual([
      [1, ["a"]],
      [3, ["b\nc", "d"]],
      [6, ["e"]],
    ]);
  });

  it.each([
    ['x\n"a', "a quote is not closed (t.csv:2)"],
    ['x\ny,a"b', "a quote stands inside a cell (t.csv:2)"],
    ['"a"b', "text follows a closing quote (t.csv:1)"],
  ])("refuses %j", (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });
});

describe("csvLine", () => {
  it.each([
    ["=SUM(A1)", "'=SUM(A1)"],
    ["+1", "'+1"],
    ["-1", "'-1"],
    ["@x", "'@x"],
    ["\t=1", "'\t=1"],
    ["\r=1", '"\'\r=1"'],
    ["'=1", "''=1"],
    ["'quoted'", "'quoted'"],
    ["a=b", "a=b"],
  ])("writes %j as a text that no spreadsheet runs, and that comes back", (text, cell) => {
    expect(csvLine([text])).toBe(`${cell}\r\n`);
    expect(parse(csvLine([text])).map(({ cells }) => cells.map(cellText))).toEqual([[text]]);
  });

  it("does not change numbers", () => expect(csvLine([-1.5, 1e-7, 0])).toBe("-1.5,1e-7,0\r\n"));

  it("is the inverse of parseCsv for any cells, with the line number of each row", () => {
    // Half a surrogate pair, too.
    const anyUnit = fc.nat(0xffff).map((unit) => String.fromCharCode(unit));
    const cell = fc.oneof(
      fc.string({ unit: anyUnit }),
      fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "a") }),
    );
    // A row of one empty cell is an empty line, and what begins with a byte-order mark loses it.
    const row = fc.array(cell, { minLength: 2, maxLength: 5 }).filter(([first]) => !first.startsWith("\uFEFF"));
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), (rows) => {
        const lines = rows.map(csvLine);
        expect(parse(lines.join("")).map(({ cells, line }) => ({ cells: cells.map(cellText), line }))).toEqual(
          rows.map((cells, i) => ({ cells, line: 1 + lines.slice(0, i).join("").split("\n").length - 1 })),
        );
      }),
      sameCases,
    );
  });
});
