/** Schema of a `FacePrediction` received as JSON from a server or worker. */
import { z } from "zod";
import type { FacePrediction } from "./recognizer.ts";

const number = z.number();
const point = z.tuple([number, number]);

export const facePredictionSchema: z.ZodType<FacePrediction> = z.object({
  box: z.tuple([number, number, number, number]),
  score: number,
  label: z.string(),
  probabilities: z.record(z.string(), number),
  detection: number.optional(),
  landmarks: z.tuple([point, point, point, point, point]).optional(),
});
