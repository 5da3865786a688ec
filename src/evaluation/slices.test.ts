import { describe, expect, it } from "vitest";
import { wilsonInterval } from "./intervals.ts";
import { sliceBy } from "./slices.ts";

const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value);
const right = (hits: number, n: number) => Array.from({ length: n }, (_, i) => i < hits);

describe("slices", () => {
  it("report each group's accuracy with its Wilson interval, and count images without a value", () => {
    const values = [...times(40, "indoors"), ...times(60, "outdoors"), ...times(5, "")];
    const slice = sliceBy("place", values, [...right(30, 40), ...right(54, 60), ...right(0, 5)], { min: 20 });
    expect(slice).toEqual({
      column: "place",
      groups: [
        { value: "indoors", n: 40, accuracy: 0.75, interval: wilsonInterval(30, 40) },
        { value: "outdoors", n: 60, accuracy: 0.9, interval: wilsonInterval(54, 60) },
      ],
      unknown: 5,
    });
    // SciPy's binomtest(30, 40).proportion_ci(method="wilson")
    expect(wilsonInterval(30, 40)[0]).toBeCloseTo(0.59806, 4);
  });

  it("omit the accuracy of small groups only", () => {
    const values = [...times(19, "few"), ...times(20, "enough")];
    const { groups } = sliceBy("size", values, right(39, 39), { min: 20 });
    expect(groups).toEqual([
      { value: "enough", n: 20, accuracy: 1, interval: wilsonInterval(20, 20) },
      { value: "few", n: 19 },
    ]);
  });

  it("group few numbers by value, in numeric order", () => {
    const values = [...times(2, "10"), ...times(2, "9"), ...times(2, "100")];
    const { groups } = sliceBy("age", values, right(6, 6), { min: 1 });
    expect(groups.map(({ value, n }) => [value, n])).toEqual([
      ["9", 2],
      ["10", 2],
      ["100", 2],
    ]);
  });

  it("group many numbers by quartile", () => {
    const values = Array.from({ length: 100 }, (_, i) => String(i));
    const { groups } = sliceBy("brightness", values, right(25, 100), { min: 20 });
    expect(groups.map(({ value, n, accuracy }) => [value, n, accuracy])).toEqual([
      ["0 to below 25", 25, 1],
      ["25 to below 50", 25, 0],
      ["50 to below 75", 25, 0],
      ["75 to 99", 25, 0],
    ]);
  });

  it("merge equal quartile bounds of skewed numbers", () => {
    const values = [...times(90, "0"), ...Array.from({ length: 20 }, (_, i) => String(i + 1))];
    const { groups } = sliceBy("wrinkles", values, right(110, 110), { min: 1 });
    expect(groups.map(({ value, n }) => [value, n])).toEqual([["0 to 20", 110]]);
  });
});
