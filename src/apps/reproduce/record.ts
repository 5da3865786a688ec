/** Record of a reproduction: one file that is made to be sent in. It holds no path, no name of a machine and no picture. */
import { z } from "zod";
import { intervalsSchema } from "../../runs/manifest.ts";
import { reproducedSets } from "./options.ts";

const share = z.number().min(0).max(1);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.number().int().nonnegative();
const spread = z.strictObject({ mean: share, sd: z.number().nonnegative().optional() });

export const recordSchema = z.strictObject({
  format: z.literal("mpa-fer-reproduction/1"),
  /** end of the last run, ISO 8601 */
  at: z.iso.datetime(),
  /** the call, with DIR for the place of the data */
  command: z.string(),
  dataset: z.enum(reproducedSets),
  /** whether nothing of the paper's settings was changed, with one of its backbones */
  isReproduction: z.boolean(),
  /** why it is none: changed settings, another backbone */
  deviations: z.array(z.string()),
  /** which split chose the epoch, and which was scored */
  selection: z.enum(["valid", "test"]),
  scored: z.enum(["valid", "test"]),
  paper: z.strictObject({
    source: z.string(),
    /** accuracy by the paper's backbones, in percent */
    accuracy: z.record(z.string(), z.number()),
  }),
  backbone: z.strictObject({
    name: z.string(),
    /** the published CLIP that it is by its hub name or its bytes */
    published: z.string().optional(),
    sha256: hash,
    weights: z.strictObject({ file: z.string(), bytes: count, sha256: hash }).optional(),
    checks: z.strictObject({ ok: count, failed: z.array(z.string()), unknown: z.array(z.string()) }),
  }),
  /** splits by name: images, images of each class, hash of the list of images and labels */
  data: z.record(
    z.string(),
    z.strictObject({ images: count, counts: z.record(z.string(), count).optional(), index: hash }),
  ),
  prompts: z.strictObject({ sha256: hash, hard: z.array(z.string()) }),
  /** options of `train` that decide the result, without places */
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
        /** hash of the tensors of the best epoch's checkpoint */
        bits: z.string().optional(),
      }),
    )
    .min(1),
  accuracy: spread,
  uar: spread,
  /** accuracy less the paper's with the same backbone, percentage points; absent with another backbone or setting */
  difference: z.number().optional(),
});

type Immutable<T> = T extends object ? { readonly [Key in keyof T]: Immutable<T[Key]> } : T;
/** Contents of `record.json`. */
export type ReproductionRecord = Immutable<z.infer<typeof recordSchema>>;
