import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { escaped } from "../../platform/quote.ts";
import { answer, table, wrappedTable } from "./output.ts";

async function answered(json: string | undefined, quiet = false): Promise<string> {
  const written: string[] = [];
  await answer({ accuracy: 0.5 }, "accuracy 50 %", json, { stdout: { write: (text) => written.push(text) }, quiet });
  return written.join("");
}

describe("an answer", () => {
  test("is text on standard output, or nothing with --quiet", async () => {
    expect(await answered(undefined)).toBe("accuracy 50 %\n");
    expect(await answered(undefined, true)).toBe("");
  });

  test("is only JSON with -, with and without --quiet", async () => {
    expect(await answered("-")).toBe('{\n  "accuracy": 0.5\n}\n');
    expect(await answered("-", true)).toBe('{\n  "accuracy": 0.5\n}\n');
  });

  test("is written to a file in addition to the text", async () => {
    const folder = await mkdtemp(join(tmpdir(), "answer-"));
    expect(await answered(join(folder, "a.json"))).toBe("accuracy 50 %\n");
    expect(JSON.parse(await readFile(join(folder, "a.json"), "utf8"))).toEqual({ accuracy: 0.5 });
    await rm(folder, { recursive: true });
  });

  test("that cannot be written is an error before any text", async () => {
    await expect(answered(join(tmpdir(), "none", "such", "a.json"))).rejects.toMatchObject({ code: "WRITE" });
  });
});

test("a table aligns words left and numbers right", () => {
  const rows = [
    ["happiness", 12, "91.2 %"],
    ["fear", 5, "8.0 %"],
  ];
  expect(table(["class", "n", "recall"], rows)).toBe(
    ["class       n  recall", "happiness  12  91.2 %", "fear        5   8.0 %", ""].join("\n"),
  );
  expect(
    table(
      ["class", "train"],
      [
        ["fear", "12,271"],
        ["anger", "9"],
      ],
    ),
  ).toBe("class   train\nfear   12,271\nanger       9\n");
  expect(table(["file", "box"], [])).toBe("file  box\n");
});

test("a wide table is wrapped at spaces", () => {
  const rows = [
    ["sizes", "one two three four five", "ok"],
    ["x", "a-word-that-is-longer", "no"],
  ];
  expect(wrappedTable(["check", "found", "state"], rows, 28)).toBe(
    [
      "check  found                  state",
      "sizes  one two three          ok",
      "       four five",
      "x      a-word-that-is-longer  no",
      "",
    ].join("\n"),
  );
  expect(wrappedTable(["check", "found", "state"], rows)).toBe(table(["check", "found", "state"], rows));
});

test("control characters in names do not reach the terminal", () => {
  expect(escaped("a\u001b[31m\nb\u009b é 😀")).toBe("a\\u001b[31m\\u000ab\\u009b é 😀");
});
