/** Readers of user-written files: YAML and JSON configuration, class descriptions. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { hardPrompts } from "../../../src/method/hardPrompts.ts";
import { readDescriptions } from "../../../src/method/model.node.ts";
import { parseConfigFile } from "../../../src/platform/options/file.ts";
import { parseConfig } from "../../../src/platform/options/parse.ts";
import { trainSchema } from "../../../src/runs/options.ts";
import { jsonExtremes, manyKeys, yamlExtremes } from "../extremes.ts";
import { type Reader, utf8 } from "../reader.ts";

const bomb = [
  "a: &a [x, x]",
  ...Array.from({ length: 9 }, (_, i) => `b${i}: &b${i} [*${i === 0 ? "a" : `b${i - 1}`}, *a]`),
];

export const optionFiles: Reader = {
  name: "options",
  open: async (folder) => ({
    seeds: [
      {
        file: "a.yaml",
        bytes: utf8("data: faces\ndataset: folder\nepochs: 3\nbatch-size: 8\nlr: 0.01\nshuffle: false\n"),
      },
      { file: "b.yaml", bytes: utf8(`# many aliases\n${bomb.join("\n")}\n`) },
      { file: "c.json", bytes: utf8('{"data":"faces","dataset":"ferplus","seed":7,"memory":"4GB","topK":16}') },
    ],
    tokens: [
      "!!js/function ",
      "!!python/object/apply:os.system ",
      "&a ",
      "*a ",
      "<<: ",
      "---\n",
      "|\n  ",
      "? ",
      "- ",
      "{",
      "[",
    ],
    generated: { file: "c.json", bytes: fc.json({ maxDepth: 6 }).map(utf8) },
    extremes: [...yamlExtremes("a.yaml"), ...jsonExtremes("c.json")],
    read: async ({ file }) => {
      const path = join(folder, file);
      const values = parseConfigFile(await readFile(path, "utf8"), path);
      parseConfig("train", trainSchema, { file: { path, values } });
    },
  }),
};

const classes = ["anger", "constructor", "fear"];

export const descriptionFiles: Reader = {
  name: "descriptions",
  open: async (folder) => ({
    seeds: [
      {
        file: "a.json",
        bytes: utf8(JSON.stringify({ anger: ["eyebrows lowered", "lips pressed"], fear: "raised lids" })),
      },
      {
        file: "b.json",
        bytes: utf8('{"anger":"x","fear":"y","constructor":["z"]}'),
      },
    ],
    tokens: ['"constructor":', '"__proto__":', "[[", '"\\u0000"', '" "', '"toString":["x"],'],
    generated: { file: "a.json", bytes: fc.json({ maxDepth: 4 }).map(utf8) },
    extremes: [
      ...jsonExtremes("a.json"),
      ...jsonExtremes("a.json", ['{"anger":', "}"]),
      ...jsonExtremes("b.json", ['{"format":"mpa-fer-descriptions/1","descriptions":', "}"]),
      ...[9_000, 19_000].map((most) => manyKeys("a.json", most, '["a smile","wide eyes"]')),
    ],
    read: async ({ file }) => hardPrompts(3, classes, await readDescriptions(join(folder, file))),
  }),
};
