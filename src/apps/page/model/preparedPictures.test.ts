import { expect, it } from "vitest";
import type { PreparedPicture } from "../../../faces/recognizer.ts";
import { PreparedPictures } from "./preparedPictures.ts";

/** Picture with this many faces of 40 bytes each. */
const picture = (faces: number): PreparedPicture => ({
  ...{ width: 1, height: 1 },
  faces: Array.from({ length: faces }, () => ({ box: [0, 0, 1, 1] as const, pixels: new Float32Array(10) })),
});

/** Ids among the first ten that are still cached. */
const known = (pictures: PreparedPictures) => [...Array(10).keys()].filter((id) => pictures.get(id) !== undefined);

it("keeps pictures until they are forgotten", () => {
  const pictures = new PreparedPictures(1000);
  const [first, second] = [picture(2), picture(3)];
  pictures.keep(1, first);
  pictures.keep(2, second);
  expect([pictures.get(1), pictures.get(2)]).toEqual([first, second]);
  pictures.forget(1);
  pictures.forget(1);
  expect(known(pictures)).toEqual([2]);
});

it("drops the oldest where their faces take more than it may hold", () => {
  const pictures = new PreparedPictures(200);
  for (const [id, faces] of [2, 2, 1].entries()) pictures.keep(id, picture(faces));
  expect(known(pictures)).toEqual([0, 1, 2]);
  pictures.keep(3, picture(1));
  expect(known(pictures)).toEqual([1, 2, 3]);
  pictures.keep(4, picture(3));
  expect(known(pictures)).toEqual([2, 3, 4]);
  pictures.keep(5, picture(6));
  expect(known(pictures)).toEqual([]);
  pictures.keep(6, picture(5));
  pictures.keep(6, picture(4));
  pictures.keep(7, picture(1));
  expect(known(pictures)).toEqual([6, 7]);
});
