import { DOMParser } from "linkedom";
import { describe, expect, it } from "vitest";
import { coverageCurve, reliability } from "../../evaluation/calibration.ts";
import { scoreClassification } from "../../evaluation/metrics.ts";
import { lossFigure, validationFigure } from "./curveFigures.ts";
import { tableCsv } from "./dataTable.ts";
import { domainOf, pixelsPerInch, widths } from "./drawing.ts";
import { exportedSvg } from "./exportedSvg.ts";
import { captionOf, type Figure, figureSvg } from "./figure.ts";
import { confusionFigure, recallFigure, reliabilityFigure, riskCoverageFigure, rowShares } from "./scoreFigures.ts";

// Four images of "a", of which three are predicted as "a"; one of "b", predicted as "b"; none of "c".
const metrics = scoreClassification({
  ...{ labels: [0, 0, 0, 0, 1], classes: ["a", "b", "c"] },
  probabilities: [0.8, 0.1, 0.1, 0.8, 0.1, 0.1, 0.8, 0.1, 0.1, 0.3, 0.6, 0.1, 0.2, 0.7, 0.1],
});

const elements = (figure: Figure, selector: string, width: "column" | "page" = "column") => {
  const svg = exportedSvg(figureSvg(figure, width) ?? "");
  return [...new DOMParser().parseFromString(svg, "image/svg+xml").querySelectorAll(selector)];
};
const texts = (figure: Figure) => elements(figure, "text").map(({ textContent }) => textContent);

describe("a confusion matrix", () => {
  it("has row percentages; a row without images is 0", () => {
    expect(rowShares(metrics.confusion)).toEqual([
      [0.75, 0.25, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
    expect(tableCsv(confusionFigure(metrics).data).split("\r\n").slice(0, 4)).toEqual([
      "true class,a,b,c",
      "a,3,1,0",
      "b,0,1,0",
      "c,0,0,0",
    ]);
  });

  it("is drawn with percentages, counts, axis titles and a colour bar", () => {
    const shown = texts(confusionFigure(metrics));
    expect(shown.filter((text) => /^\d+$|^\(\d+\)$/.test(text ?? ""))).toEqual([
      ...["75", "25", "0", "0", "100", "0", "0", "0", "0"],
      ...["(3)", "(1)", "(1)"],
      ...["0", "25", "50", "75", "100"],
    ]);
    expect(shown).toEqual(expect.arrayContaining(["true class", "predicted class", "share of row (%)"]));
    const cells = elements(confusionFigure(metrics), "rect").slice(0, 9);
    expect(cells.map((cell) => cell.getAttribute("fill"))).toEqual([
      ...["#2171b5", "#c6dbef", "#f7fbff", "#f7fbff", "#08306b", "#f7fbff", "#f7fbff", "#f7fbff", "#f7fbff"],
    ]);
  });
});

it("bars of recall leave out a class without images", () => {
  expect(elements(recallFigure(metrics), "rect")).toHaveLength(2);
  expect(recallFigure(metrics).caption).toContain("UAR, 87.50 %");
});

it("a reliability diagram has a dot a bin, and a risk–coverage curve the error of the accepted images", () => {
  const confidence = [0.95, 0.95, 0.5, 0.5];
  const isRight = [true, true, true, false];
  const diagram = reliabilityFigure(reliability(confidence, isRight));
  expect(diagram.data.rows.map(([, sure, right, images]) => [sure, right, images])).toEqual([
    [0.5, expect.objectContaining({ value: 0.5 }), 2],
    [0.95, expect.objectContaining({ value: 1 }), 2],
  ]);
  expect(elements(diagram, "circle")).toHaveLength(2);
  expect(diagram.caption).toContain("ECE 2.50 %");
  const curve = riskCoverageFigure(coverageCurve(confidence, isRight));
  expect(curve.data.rows).toEqual([
    [0.5, 1, 0.25],
    [0.95, 0.5, 0],
  ]);
  expect(texts(curve)).toEqual(expect.arrayContaining(["coverage (% of images)", "risk (% wrong)"]));
});

describe("learning curves", () => {
  it("mark accuracy and UAR with different symbols where they are equal", () => {
    const figure = validationFigure([
      { epoch: 1, accuracy: 0.5, uar: 0.5 },
      { epoch: 2, accuracy: 0.5, uar: 0.5 },
    ]);
    // A legend entry and two points each: filled circles, and open triangles in the other colour.
    expect(elements(figure, "circle")).toHaveLength(3);
    expect(elements(figure, '[stroke="#a4480f"]').length).toBeGreaterThan(1);
    expect(elements(figure, '[stroke-dasharray="5,4"]')).toHaveLength(2);
    expect(texts(figure)).toEqual(expect.arrayContaining(["46", "50", "54", "score (%)", "epoch"]));
  });

  it("leave room and ticks around a constant series", () => {
    expect(domainOf([50, 50], { least: 1, low: 0, high: 100 })).toEqual([45, 55]);
    expect(domainOf([100, 100], { least: 1, low: 0, high: 100 })).toEqual([90, 100]);
    expect(domainOf([0], { least: 1 })).toEqual([-1, 1]);
    expect(domainOf([0, 3])).toEqual([0, 3]);
    expect(domainOf([])).toEqual([0, 1]);
  });

  it("have a panel a loss term, and say which steps are shown", () => {
    const steps = Array.from({ length: 700 }, (_, i) => ({ step: i + 1, value: 1 / (i + 1) }));
    const figure = lossFigure([{ name: "L_vt", steps, epochs: [{ step: 700, value: 0.5 }] }]);
    expect(figure.caption).toContain("every 3rd recorded step, not smoothed");
    expect(figure.data.rows).toHaveLength(234 + 1);
    expect(texts(figure)).toEqual(expect.arrayContaining(["L_vt", "step", "epoch mean"]));
  });
});

it("is as wide as a column or a page, with text of 8 points and colours that need no CSS", () => {
  for (const [width, inches] of [
    ["column", 3.25],
    ["page", 6.75],
  ] as const) {
    expect(widths[width] / pixelsPerInch).toBe(inches);
    const [svg] = elements(recallFigure(metrics), "svg", width);
    expect([svg.getAttribute("width"), svg.getAttribute("font-size")]).toEqual([`${inches}in`, "10.67"]);
    expect(svg.outerHTML).not.toMatch(/var\(|currentColor/);
  }
});

it("has a caption with the command and the hash of the record", () => {
  const origin = { command: "figures runs/x", record: "run.json", sha256: "0123456789abcdef0123", version: "1.2.3" };
  expect(captionOf(recallFigure(metrics), origin)).toBe(
    "Recall by class. Bars: share of each class's images that are classified correctly, with 95 % Wilson intervals. Dashed line: UAR, 87.50 %. Made by mpa-fer 1.2.3 (npx mpa-fer figures runs/x) from run.json (SHA-256 0123456789abcdef).",
  );
});
