/** Documents and sources use the terms of CONTRIBUTING.md, Words. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../tools/docs/contents.ts";
import { checkedFiles, readUnwanted, unwantedIn } from "../tools/docs/words.ts";

const unwanted = readUnwanted();

it("no document, message or comment has a word that is not used", () => {
  expect(unwanted.length).toBeGreaterThan(20);
  const files = checkedFiles();
  expect(files).toEqual(expect.arrayContaining(["README.md", "docs/method.md", "src/apps/page/index.html"]));
  expect(files.flatMap((file) => unwantedIn(file, readFileSync(join(root, file), "utf8"), unwanted))).toEqual([]);
});

it("finds words in prose and comments, across lines, and leaves code of documents alone", () => {
  const words = [
    { word: "tower", instead: "encoder" },
    { word: "set aside", instead: "held out" },
  ];
  const page = "# A Tower\n`tower` [a](tower.md) towering\n```sh\ntower\n```\nis set\naside\n";
  expect(unwantedIn("docs/a.md", page, words)).toEqual([
    'docs/a.md:1: "tower", use encoder',
    'docs/a.md:6: "set aside", use held out',
  ]);
  const source = 'import { imageTower } from "./tower.ts";\n/**\n * Images are set\n * aside.\n */\n';
  expect(unwantedIn("src/a.ts", source, words)).toEqual(['src/a.ts:3: "set aside", use held out']);
});
