/** Query parameter `landmarks` of `/api/explain`. */
import type { Landmarks, Point } from "../../faces/face.ts";
import { HttpError } from "./httpError.ts";

/** Maximum coordinate; no picture is this large. */
const maxPlace = 1e5;

/**
 * Parses ten comma-separated numbers, the five points of a face as `/api/predict` returns them. Throws HttpError 400 if
 * malformed.
 */
export function parseLandmarks(text: string | undefined): Landmarks | undefined {
  if (text === undefined) return undefined;
  const numbers = text.split(",").map((word) => (word.trim() === "" ? Number.NaN : Number(word)));
  if (numbers.length !== 10 || !numbers.every((value) => Math.abs(value) <= maxPlace)) {
    throw new HttpError(400, "USAGE", "landmarks must be ten numbers with commas between, as predict gives them");
  }
  const point = (i: number): Point => [numbers[2 * i], numbers[2 * i + 1]];
  return [point(0), point(1), point(2), point(3), point(4)];
}
