import { expect, it } from "vitest";
import { labelRoom, needsRoom, placeLabels } from "./labelPlaces.ts";

const size = { width: 400, height: 300 };
const widths = { full: 120, short: 60 };

it("stands centred above its box, if need be in the room above the picture", () => {
  expect(placeLabels([[100, 100, 80, 80]], [widths], size)).toEqual([{ left: 80, top: 70, isShort: false }]);
  expect(placeLabels([[100, 10, 80, 80]], [widths], size)).toEqual([{ left: 80, top: -20, isShort: false }]);
  expect([needsRoom([[0, labelRoom, 9, 9]]), needsRoom([[0, labelRoom - 1, 9, 9]])]).toEqual([false, true]);
});

it("is not cut at the edges", () => {
  const [left, right] = placeLabels(
    [
      [0, 100, 40, 40],
      [370, 100, 30, 40],
    ],
    [widths, widths],
    size,
  );
  expect([left.left, right.left]).toEqual([0, 280]);
});

it("gives way to other labels and boxes, and is short where there is no room", () => {
  const near = placeLabels(
    [
      [100, 100, 60, 60],
      [170, 100, 60, 60],
    ],
    [widths, widths],
    size,
  );
  expect(near).toEqual([
    { left: 70, top: 70, isShort: false },
    { left: 140, top: 164, isShort: false },
  ]);
  const [narrow] = placeLabels([[10, 40, 60, 60]], [widths], { width: 100, height: 300 });
  expect(narrow).toEqual({ left: 10, top: 10, isShort: true });
});

it("is short everywhere where one has no room", () => {
  const boxes = [0, 100, 200].map((x) => [x + 10, 20, 80, 80] as const);
  const places = placeLabels(boxes, [widths, widths, widths], { width: 300, height: 100 });
  expect(places).toEqual([20, 120, 220].map((left) => ({ left, top: -10, isShort: true })));
});
