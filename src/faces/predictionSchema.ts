/** Schema of a `FacePrediction` received as JSON from a server or worker. */
import { z } from "zod";
import { recordOf } from "../platform/recordSchema.ts";
import type { FacePrediction } from "./recognizer.ts";

const number = z.number();
const point = z.tuple([number, number]);

export const facePredictionSchema: z.ZodType<FacePrediction> = z.object({
  box: z.tuple([number, number, number, number]),
  score: number,
  label: z.string(),
  confident: z.boolean(),
  probabilities: recordOf(number),
  detection: number.optional(),
  landmarks: z.tuple([point, point, point, point, point]).optional(),
});
