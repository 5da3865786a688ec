import { expect, it } from "vitest";
import { scoreClassification } from "./metrics.ts";
import { classRows, mapLines } from "./rows.ts";

it("gives a row per class in the order of the classes, also for integer-like names", () => {
  const metrics = scoreClassification({ probabilities: [1, 0, 1, 0, 0, 1], labels: [0, 0, 1], classes: ["10", "2"] });
  expect(classRows(metrics)).toEqual([
    ["10", "100.00 %", "100.00 %", "100.00 %", "2"],
    ["2", "100.00 %", "100.00 %", "100.00 %", "1"],
  ]);
});

it("counts images of unknown classes without a plural", () => {
  const figures = { unmapped: 4, unmappedClasses: { anger: 3, contempt: 1 }, absentClasses: ["fear"] };
  expect(mapLines(figures)).toEqual([
    expect.stringContaining("4 images (3 anger, 1 contempt)"),
    "classes of the model that the data lacks: fear",
  ]);
  expect(mapLines({})).toEqual([]);
});
