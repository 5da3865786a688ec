/** Record of a reproduction: one file that is made to be sent in. It holds no path, no name of a machine and no picture. */
import { z } from "zod";
import type { Spread } from "../../evaluation/spread.ts";
import type { BenchResult } from "../../runs/bench/bench.ts";
import type { Evaluation } from "../../runs/evaluate/figures.ts";
import { intervalsSchema } from "../../runs/manifest.ts";
import type { Verification } from "../verify/verify.ts";
import { type ReproducedSet, reproducedSets } from "./options.ts";

const share = z.number().min(0).max(1);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();
const spread = z.strictObject({ mean: share, sd: z.number().nonnegative().optional() });

/** Contents of `record.json`. */
export interface ReproductionRecord {
  readonly format: "mpa-fer-reproduction/1";
  /** end of the last run, ISO 8601 */
  readonly at: string;
  /** the call, with DIR for the place of the data */
  readonly command: string;
  readonly dataset: ReproducedSet;
  /** whether nothing of the paper's settings was changed, with one of its backbones */
  readonly isReproduction: boolean;
  /** why it is none: changed settings, another backbone */
  readonly deviations: readonly string[];
  /** which split chose the epoch, and which was scored */
  readonly selection: "valid" | "test";
  readonly scored: "valid" | "test";
  /** accuracy by the paper's backbones, in percent */
  readonly paper: { readonly source: string; readonly accuracy: Readonly<Record<string, number>> };
  readonly backbone: Pick<Verification, "published" | "weights"> & {
    readonly name: string;
    readonly sha256: string;
    readonly checks: { readonly ok: number; readonly failed: readonly string[]; readonly unknown: readonly string[] };
  };
  /** splits by name: images, images of each class, hash of the list of images and labels */
  readonly data: Readonly<
    Record<
      string,
      {
        readonly images: number;
        readonly counts?: Readonly<Record<string, number>> | undefined;
        readonly index: string;
      }
    >
  >;
  readonly prompts: { readonly sha256: string; readonly hard: readonly string[] };
  /** options of `train` that decide the result, without places */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly machine: Pick<BenchResult, "provider" | "threads" | "adapter"> & {
    readonly arch: string;
    readonly processor: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly runs: readonly ReproducedRun[];
  readonly accuracy: Spread;
  readonly uar: Spread;
  /** accuracy less the paper's with the same backbone, percentage points; absent with another backbone or setting */
  readonly difference?: number | undefined;
}

/** A seed of a reproduction. */
export interface ReproducedRun extends Pick<Evaluation, "accuracy" | "uar" | "ece" | "intervals"> {
  readonly seed: number;
  readonly steps: number;
  readonly bestEpoch?: number | undefined;
  readonly seconds: number;
  readonly images: number;
  readonly recalls: Readonly<Record<string, number>>;
  /** hash of the tensors of the best epoch's checkpoint */
  readonly bits?: string | undefined;
}

export const recordSchema = z.strictObject({
  format: z.literal("mpa-fer-reproduction/1"),
  at: z.iso.datetime(),
  command: z.string(),
  dataset: z.enum(reproducedSets),
  isReproduction: z.boolean(),
  deviations: z.array(z.string()),
  selection: z.enum(["valid", "test"]),
  scored: z.enum(["valid", "test"]),
  paper: z.strictObject({
    source: z.string(),
    accuracy: z.record(z.string(), z.number()),
  }),
  backbone: z.strictObject({
    name: z.string(),
    published: z.string().optional(),
    sha256: hash,
    weights: z.strictObject({ file: z.string(), bytes: count, sha256: hash }).optional(),
    checks: z.strictObject({ ok: count, failed: z.array(z.string()), unknown: z.array(z.string()) }),
  }),
  data: z.record(
    z.string(),
    z.strictObject({ images: count, counts: z.record(z.string(), count).optional(), index: hash }),
  ),
  prompts: z.strictObject({ sha256: hash, hard: z.array(z.string()) }),
  settings: z.record(z.string(), z.unknown()),
  machine: z.strictObject({
    ...{ arch: z.string(), processor: z.string(), provider: z.string(), threads: count },
    adapter: z.string().optional(),
  }),
  versions: z.record(z.string(), z.string()),
  runs: z
    .array(
      z.strictObject({
        ...{ seed: count, steps: count, bestEpoch: count.optional(), seconds: z.number().nonnegative() },
        ...{ accuracy: share, uar: share, ece: share, images: count },
        intervals: intervalsSchema,
        recalls: z.record(z.string(), share),
        bits: z.string().optional(),
      }),
    )
    .min(1),
  accuracy: spread,
  uar: spread,
  difference: z.number().optional(),
}) satisfies z.ZodType<ReproductionRecord>;
