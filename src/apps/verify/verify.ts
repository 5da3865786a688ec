/** `verify`: checks a backbone against published facts, and what it computes against plain drawings and texts. */
import { openBackbone } from "../../clip/backbone.node.ts";
import type { Backbone } from "../../clip/backbone.ts";
import { randomPrefix } from "../../clip/random.node.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { type ErrorCode, MpaError, throwIfStopped } from "../../platform/errors.ts";
import { behaviourChecks } from "./behaviourChecks.ts";
import { catsChecks } from "./catsCheck.ts";
import { type Check, compared } from "./check.ts";
import { checkFiles, type FileFindings } from "./fileChecks.ts";
import type { VerifyConfig } from "./options.ts";
import { hasWholeVocabulary, structureChecks } from "./structureChecks.ts";

/** Result of `verify`. */
export interface Verification {
  readonly backbone: string;
  /** the published CLIP that it is by its name or bytes */
  readonly published?: string;
  /** the weight file as it was published or saved */
  readonly weights?: { readonly file: string; readonly bytes: number; readonly sha256: string };
  /** hash of the safetensors file that is computed with, which a conversion makes; absent if it could not be opened */
  readonly sha256?: string;
  readonly checks: readonly Check[];
  readonly failed: number;
  readonly unknown: number;
}

/** Errors of opening that are findings about the files. */
const findings: ReadonlySet<ErrorCode> = new Set(["WEIGHTS", "NUMERIC", "MODEL", "CONFIG", "TOKENIZER"]);

/** Verifies a backbone. Throws NOT_FOUND, ACCESS, NETWORK, RUNTIME, INTERRUPTED, and IMAGE for the given picture. */
export async function verify(config: VerifyConfig, context: RunContext = {}): Promise<Verification> {
  const { signal, progress } = contextOf(context);
  const task = progress.start({ label: "verification", total: 4, unit: "parts" });
  const opened = await open(config.backbone, context);
  task.update(1);
  const files = await checkFiles(config.backbone, context);
  task.update(2);
  const checks = [...files.checks, opened.check];
  if (opened.backbone !== undefined) {
    const why = whyNotGeneral(opened.backbone, config.backbone);
    checks.push(...(await structureChecks(opened.backbone, files.published, why)));
    throwIfStopped(signal, "stopped before the backbone had computed anything");
    task.update(3);
    checks.push(...(await computedChecks(opened.backbone, files, config, why)));
  }
  task.update(4);
  task.finish();
  const count = (state: Check["state"]) => checks.filter((check) => check.state === state).length;
  return {
    backbone: config.backbone,
    ...(files.published && { published: files.published.repo }),
    ...(files.weights && { weights: files.weights }),
    ...(opened.backbone && { sha256: opened.backbone.sha256 }),
    ...{ checks, failed: count("failed"), unknown: count("unknown") },
  };
}

async function open(name: string, context: RunContext): Promise<{ check: Check; backbone?: Backbone }> {
  try {
    const backbone = await openBackbone(name, context);
    return { backbone, check: compared("files", "whole and fitting", "whole and fitting") };
  } catch (error) {
    if (!(error instanceof MpaError) || !findings.has(error.code)) throw error;
    return { check: compared("files", "whole and fitting", `${error.code}: ${error.message}`, false) };
  }
}

/** Why a backbone need not know general pictures and OpenAI's tokens; undefined if it must. */
function whyNotGeneral(backbone: Backbone, name: string): string | undefined {
  if (name.startsWith(randomPrefix)) return "the weights are random";
  return hasWholeVocabulary(backbone) ? undefined : "the vocabulary is not OpenAI's";
}

async function computedChecks(
  backbone: Backbone,
  { published }: FileFindings,
  { image, threads, provider }: VerifyConfig,
  why: string | undefined,
): Promise<Check[]> {
  const runtime = { threads, provider };
  return [
    ...(await behaviourChecks(backbone, runtime, why, published)),
    ...(image === undefined ? [] : await catsChecks(backbone, published, image, runtime)),
  ];
}
