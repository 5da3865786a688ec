import { expect, it } from "vitest";
import { hashIndex } from "./datasets.node.ts";

const split = {
  name: "train",
  classes: ["a", "b"],
  samples: [
    { file: "x.png", label: 0 },
    { file: "y.png", label: 1 },
  ],
} as const;

it("the index hash of a fixed split is constant", () => {
  expect(hashIndex(split)).toBe("e280f40b5ec9bbef7bf9e9703020f23ed93d4293da5e21be244aa6767abd0807");
});

it("the index hash changes with order, label, target, box and classes", () => {
  const [x, y] = split.samples;
  const variants = [
    { ...split, samples: [y, x] },
    { ...split, samples: [x, { ...y, label: 0 }] },
    { ...split, samples: [x, { ...y, target: [0, 1] }] },
    { ...split, samples: [x, { ...y, box: [0, 0, 1, 1] as const }] },
    { ...split, classes: ["b", "a"] },
    { ...split, name: "valid" as const },
    split,
  ];
  expect(new Set(variants.map(hashIndex)).size).toBe(variants.length);
});
