import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath } from "../../test/browser/chromium.ts";
import { openTestPage, type TestPage } from "../../test/browser/testPage.ts";
import { cameraFrameSize } from "./cameraFrames.web.ts";

it("reads frames with 480 pixels on the shorter side at most", () => {
  expect(cameraFrameSize({ width: 640, height: 480 })).toEqual({ width: 640, height: 480 });
  expect(cameraFrameSize({ width: 320, height: 240 })).toEqual({ width: 320, height: 240 });
  expect(cameraFrameSize({ width: 1280, height: 720 })).toEqual({ width: 853, height: 480 });
  expect(cameraFrameSize({ width: 1080, height: 1920 })).toEqual({ width: 480, height: 853 });
});

describe.skipIf(chromiumPath === undefined)("in Chromium", () => {
  let opened: TestPage;
  beforeAll(async () => {
    opened = await openTestPage();
  });
  afterAll(() => opened.close());

  const [left, right] = [
    [200, 100, 50],
    [10, 20, 30],
  ];
  type Ask = readonly [number, number, readonly (readonly [number, number])[]];
  const read = (...ask: Ask) => opened.page.evaluate((given: Ask) => window.inBrowser.cameraFrame(...given), ask);

  it("gives the pixels of a frame, whole", async () => {
    const places = [
      [0, 0],
      [2, 3],
      [3, 0],
      [5, 3],
    ] as const;
    for (const frame of await read(6, 4, places)) {
      expect(frame).toEqual({ size: { width: 6, height: 4 }, values: 72, pixels: [left, left, right, right] });
    }
  });

  it("reduces a large frame, and tells its size", async () => {
    const size = { width: 640, height: 480, original: { width: 720, height: 540 } };
    const places = [
      [5, 5],
      [300, 470],
      [340, 5],
      [639, 479],
    ] as const;
    for (const frame of await read(720, 540, places)) {
      expect(frame).toEqual({ size, values: 3 * 640 * 480, pixels: [left, left, right, right] });
    }
  });
});
