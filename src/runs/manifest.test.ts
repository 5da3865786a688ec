import { describe, expect, it } from "vitest";
import { scoreClassification } from "../evaluation/metrics.ts";
import { metricsSchema, shownMetricsSchema } from "./manifest.ts";

const metricsOf = (classes: readonly string[]) =>
  scoreClassification({ probabilities: [1, 0, 1, 0, 0, 1], labels: [0, 0, 1], classes });
const written = (metrics: object): unknown => JSON.parse(JSON.stringify(metrics));

describe("recorded metrics", () => {
  it.each([[["10", "2"]], [["2", "10"]], [["fear", "anger"]]])("keep the order of the classes %j", (classes) => {
    const metrics = metricsOf(classes);
    expect(metricsSchema.parse(written(metrics))).toEqual(metrics);
    expect(shownMetricsSchema.parse(written(metrics)).classes).toEqual(classes);
  });

  it.each([[["10", "2"]], [["fear", "anger"]]])("of older runs have the order of the folders %j", (classes) => {
    const { classes: _, ...older } = metricsOf(classes);
    expect(metricsSchema.parse(written(older)).classes).toEqual(classes);
  });

  it.each([[["10"]], [["10", "3"]], [["10", "2", "3"]]])(
    "are rejected with the classes %j and figures of 10 and 2",
    (classes) =>
      expect(metricsSchema.safeParse(written({ ...metricsOf(["10", "2"]), classes })).error?.issues).toMatchObject([
        { path: ["classes"] },
      ]),
  );
});
