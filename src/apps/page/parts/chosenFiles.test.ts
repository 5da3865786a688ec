import { expect, it } from "vitest";
import { chosenFiles } from "./chosenFiles.ts";

it("takes pictures by their type or ending, and tells of the rest by kind", () => {
  const files = [
    ...[new File([], "a.png", { type: "image/png" }), new File([], "IMG_2.HEIC"), new File([], "b.jfif")],
    ...[new File([], "film.mp4", { type: "video/mp4" }), new File([], "notes.txt"), new File([], "folder")],
  ];
  const { pictures, passedOver } = chosenFiles(files);
  expect(pictures.map(({ name }) => name)).toEqual(["a.png", "IMG_2.HEIC", "b.jfif"]);
  expect(passedOver).toBe("3 of 6 files were passed over: 1 .txt, 1 MP4 video, 1 file without an ending");
  expect(chosenFiles(files.slice(0, 1)).passedOver).toBeUndefined();
});
