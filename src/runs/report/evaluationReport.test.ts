import { expect, it } from "vitest";
import { coverageCurve, reliability } from "../../evaluation/calibration.ts";
import { headlineIntervals } from "../../evaluation/intervals.ts";
import { scoreClassification } from "../../evaluation/metrics.ts";
import { evaluationReport } from "./evaluationReport.ts";

const figures = {
  ...scoreClassification({ probabilities: [0.9, 0.1, 0.2, 0.8], labels: [0, 1], classes: ["calm", "happiness"] }),
  ...{ split: "test", intervals: headlineIntervals([0, 1], [0, 1], 2) },
  ...{ reliability: reliability([0.9, 0.8], [true, true]), coverage: coverageCurve([0.9, 0.8], [true, true]) },
};
const origin = { command: "figures x.json", record: "x.json", sha256: "0123", version: "0.1.0" };
const report = (openings: number) =>
  evaluationReport({
    ...{ subject: "best.safetensors", dataset: "folder", data: "folder (index 0123abcd)" },
    evaluation: { ...figures, testSplit: { openings, warnings: [] } },
    mistakes: { mistakes: [], faces: undefined },
    origin,
  });

it("says of which data set the test split was opened, and how often", () => {
  const of = "The test images of folder (index 0123abcd) were used";
  expect(report(1)).toContain(`${of} once with this run`);
  expect(report(3)).toContain(`${of} 3 times with this run`);
});

it("shows the agreement with the votes where there is any", () => {
  const distribution = { kl: 0.58789936, softAccuracy: 0.4333, softAccuracyBound: 0.6667 };
  const page = evaluationReport({
    ...{ subject: "best.safetensors", dataset: "ferplus", data: "ferplus (index 0123abcd)" },
    evaluation: { ...figures, distribution },
    mistakes: { mistakes: [], faces: undefined },
    origin,
  });
  for (const text of ["KL of the votes and the prediction, nats", "0.5879", "43.33 % of at most 66.67 %"])
    expect(page).toContain(text);
  expect(report(1)).not.toContain("soft accuracy");
});
