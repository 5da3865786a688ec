import { expect, it } from "vitest";
import { countByName, counted, countsText, namedCountsText, passedOverText } from "./counts.ts";

it("counts skipped files by kind", () => {
  const counts = countByName(["HEIC", ".txt", "HEIC", "link to nothing", "link to nothing"].map((name) => ({ name })));
  expect(passedOverText(counts, 9)).toBe("5 of 9 files were passed over: 2 HEIC, 2 links to nothing, 1 .txt");
  expect(passedOverText({ HEIC: 1 }, 1)).toBe("1 of 1 file was passed over: 1 HEIC");
  expect(passedOverText({}, 4)).toBeUndefined();
  expect(countsText({ "MP4 video": 2, HEIC: 3 })).toBe("2 MP4 videos, 3 HEIC");
});

it("never pluralises names of classes, and puts the most frequent first", () => {
  expect(namedCountsText({ fear: 1, anger: 3 })).toBe("3 anger, 1 fear");
  expect(namedCountsText({ "2": 1, "10": 3, "no face": 2 })).toBe("3 10, 2 no face, 1 2");
});

it("counts one thing in the singular", () => {
  expect([counted(1, "epoch"), counted(0, "image"), counted(12_271, "image"), counted(2, "class", "classes")]).toEqual([
    ...["1 epoch", "0 images", "12,271 images", "2 classes"],
  ]);
});
