/** Client for the runs that the server lists. */
import { z } from "zod";
import { recordOf } from "../../../platform/recordSchema.ts";
import { answerOf, askServer } from "../model/serverEngine.ts";

const metrics = z.object({
  accuracy: z.number(),
  uar: z.number(),
  ece: z.number(),
  n: z.number(),
  classes: z.array(z.string()),
  perClass: recordOf(z.object({ recall: z.number(), support: z.number() })),
});
const summary = z.object({
  name: z.string(),
  variant: z.string(),
  dataset: z.string(),
  backbone: z.string(),
  seed: z.number(),
  lr: z.number().optional(),
  settings: z.string(),
  startedAt: z.string().optional(),
  changed: z.string().optional(),
  finished: z.boolean(),
  steps: z.number(),
  epochs: z.number(),
  metrics: metrics.optional(),
  intervals: z.object({ accuracy: z.tuple([z.number(), z.number()]) }).optional(),
  protocol: z.string().optional(),
  report: z.boolean(),
});
const run = summary.extend({
  config: z.record(z.string(), z.unknown()),
  /** accuracy on the validation split after each epoch */
  validation: z.array(z.object({ epoch: z.number(), accuracy: z.number() })),
});

export type RunSummary = Readonly<z.output<typeof summary>>;
export type Run = Readonly<z.output<typeof run>>;

/** Lists the runs; undefined if the server was started without a folder of runs. Throws the server's error message. */
export async function listRuns(): Promise<readonly RunSummary[] | undefined> {
  const response = await askServer("api/runs");
  return response.status === 404 ? undefined : answerOf(z.array(summary), response);
}

export const fetchRun = async (name: string): Promise<Run> =>
  answerOf(run, await askServer(`api/runs/${encodeURIComponent(name)}`));

/** Address of a run's report. */
export const reportAddress = (name: string): string => `api/runs/${encodeURIComponent(name)}/report.html`;

export const fetchReport = async (name: string): Promise<Blob> => (await askServer(reportAddress(name))).blob();
