/** The query parameter `landmarks` of `/api/explain`. */
import type { Landmarks, Point } from "../../faces/face.ts";
import { HttpError } from "./httpError.ts";

/** No picture is this wide. */
const maxPlace = 1e5;

/** Ten numbers with commas between, the five points of a face as `/api/predict` gives them. Throws 400 for anything else. */
export function parseLandmarks(text: string | undefined): Landmarks | undefined {
  if (text === undefined) return undefined;
  const numbers = text.split(",").map((word) => (word.trim() === "" ? Number.NaN : Number(word)));
  if (numbers.length !== 10 || !numbers.every((value) => Math.abs(value) <= maxPlace)) {
    throw new HttpError(400, "USAGE", "landmarks must be ten numbers with commas between, as predict gives them");
  }
  const point = (i: number): Point => [numbers[2 * i], numbers[2 * i + 1]];
  return [point(0), point(1), point(2), point(3), point(4)];
}
