/** What was explained, with which bytes and options. */
import { readFile } from "node:fs/promises";
import type { ExplainConfig } from "../config.ts";
import { sha256, versions } from "../packageInfo.ts";
import type { ExplainedModel } from "./explainModels.ts";

/** Enough to do it again. */
export interface ExplanationRecord {
  readonly config: ExplainConfig;
  readonly versions: Readonly<Record<string, string>>;
  readonly backbone: { readonly name: string; readonly sha256: string };
  readonly classes: readonly string[];
  readonly models: readonly {
    readonly name: string;
    readonly checkpoint?: string;
    /** of the checkpoint's bytes */
    readonly sha256?: string;
    readonly localTopK: number;
  }[];
}

export async function explanationRecord(
  config: ExplainConfig,
  models: readonly ExplainedModel[],
): Promise<ExplanationRecord> {
  const [{ predictor }] = models;
  const { backbone, classes } = predictor;
  const described = models.map(async ({ name, predictor: { file, subject } }) => ({
    ...{ name, checkpoint: file, sha256: file && sha256(await readFile(file)), localTopK: subject.localTopK },
  }));
  return {
    ...{ config, versions: versions(), classes, models: await Promise.all(described) },
    backbone: { name: backbone.name, sha256: backbone.sha256 },
  };
}
