import { describe, expect, it } from "vitest";
import { readPickle } from "./pickle.ts";
import { PersistentId, PickleGlobal, PickleObject } from "./pickleValue.ts";

/** As Python's `pickle.dumps(…, protocol=2)` writes them. */
const bytes = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const read = (text: string) => readPickle(bytes(text), "x.pkl");

describe("readPickle reads", () => {
  it.each<[string, string, unknown]>([
    [
      "numbers",
      "\x80\x02(K\x01M\x10\x27J\xff\xff\xff\xff\x8a\x03\x40\x42\x0fG?\xf8\x00\x00\x00\x00\x00\x00t.",
      [1, 10000, -1, 1000000, 1.5],
    ],
    ["booleans, strings and None", "\x80\x02(N\x88\x89X\x02\x00\x00\x00\xc3\xa9t.", [null, true, false, "é"]],
    ["lists and tuples", "\x80\x02](K\x01K\x02K\x03\x86e.", [1, [2, 3]]],
  ])("%s", (_, text, value) => expect(read(text)).toEqual(value));

  it("plain and ordered dictionaries, with values from the memo", () => {
    expect(read("\x80\x02}q\x00(X\x01\x00\x00\x00aq\x01K\x01X\x01\x00\x00\x00bh\x01u.")).toEqual(
      new Map<string, unknown>([
        ["a", 1],
        ["b", "a"],
      ]),
    );
    expect(
      read("\x80\x02ccollections\nOrderedDict\n)Rq\x00X\x01\x00\x00\x00aK\x07s}X\x01\x00\x00\x00zK\x01sb."),
    ).toEqual(new Map([["a", 7]]));
  });

  it("persistent ids", () => {
    expect(read("\x80\x02X\x01\x00\x00\x000Q.")).toEqual(new PersistentId("0"));
  });
});

it("represents calls without executing them", () => {
  const value = read("\x80\x02ctorch\nSize\nX\x04\x00\x00\x00exit\x85R.");
  expect(value).toEqual(new PickleObject(new PickleGlobal("torch.Size"), ["exit"]));
});

it.each([
  ["a truncated string", "\x80\x02X\xff\x00\x00\x00a"],
  ["an opcode of text protocols", "\x80\x02I1\n."],
  ["an empty stack", "\x80\x02."],
  ["a missing memo entry", "\x80\x02h\x05."],
  ["a missing mark", "\x80\x02t."],
  ["items without a list", "\x80\x02K\x01K\x02a."],
])("rejects %s", (_, text) =>
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code: "WEIGHTS", message: expect.stringMatching(/x\.pkl/) }),
  ),
);
