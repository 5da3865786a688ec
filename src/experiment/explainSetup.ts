/** What `explain` looks into, once a run's own record has filled in what was left open. */
import { join } from "node:path";
import { z } from "zod";
import type { ExplainConfig } from "../config.ts";
import { MpaError } from "../errors.ts";
import { isFile, readJson } from "../files.ts";
import { defaultBackbone } from "../model/backbone.ts";
import { runFiles } from "./runFolder.ts";

/** A data set's split that the faces come from. */
export type ExplainedData = Pick<ExplainConfig, "split" | "limit" | "allowBad"> & {
  readonly data: string;
  readonly dataset: string;
  readonly labelRule: NonNullable<ExplainConfig["labelRule"]>;
};

export interface ExplainSetup {
  readonly backbone: string;
  readonly checkpoints: readonly string[];
  /** absent: the faces are in files */
  readonly data?: ExplainedData;
  /** whether the run's report may show faces; absent without a run */
  readonly reportFaces?: boolean;
}

const runSchema = z.object({
  config: z.object({
    data: z.string(),
    dataset: z.string(),
    labelRule: z.enum(["plurality", "majority", "votes"]),
    backbone: z.string(),
    reportFaces: z.boolean().default(true),
  }),
});

/** Throws NOT_FOUND or CONFIG for a run folder without a record, NOT_FOUND for one without a checkpoint. */
export async function explainSetup(config: ExplainConfig): Promise<ExplainSetup> {
  const { run, files, split, limit, allowBad } = config;
  const own =
    run === undefined ? undefined : (await readJson(join(run, runFiles.manifest), runSchema, "CONFIG")).config;
  const data = config.data ?? own?.data;
  const dataset = config.dataset ?? own?.dataset;
  const labelRule = config.labelRule ?? own?.labelRule ?? "plurality";
  return {
    backbone: config.backbone ?? own?.backbone ?? defaultBackbone,
    checkpoints: [...(run === undefined ? [] : [await bestOf(run)]), ...config.checkpoint],
    ...(own && { reportFaces: own.reportFaces }),
    ...(files.length === 0 &&
      data !== undefined &&
      dataset !== undefined && { data: { data, dataset, labelRule, split, limit, allowBad } }),
  };
}

/** The best prompts of a run, or the last where nothing was validated. */
async function bestOf(run: string): Promise<string> {
  for (const name of ["best", "last"] as const) {
    const file = join(run, runFiles[name]);
    if (await isFile(file)) return file;
  }
  throw new MpaError("NOT_FOUND", "the run has no checkpoint", run, "name another --run");
}
