/** Public part of a run's record, without local paths and image names. */
import { z } from "zod";
import { readJson } from "../../platform/files.node.ts";
import { runBounds, runSchema, splitSchema } from "../../runs/manifest.ts";
import { publishedOptions } from "../../runs/optionRoles.ts";

const { config, learned, best, metrics } = runSchema.shape;
const { data: _data, reportFaces: _reportFaces, seed: _seed, ...cardOptions } = config.shape;
const schema = runSchema
  .pick({ format: true, finished: true, stopped: true, seed: true })
  .extend({
    config: z.looseObject(cardOptions),
    ...runSchema.pick({ versions: true, plugins: true, backbone: true }).shape,
    data: z.record(z.string(), splitSchema.omit({ unreadableFiles: true })),
    ...runSchema.pick({ selection: true, protocol: true, testSplit: true }).shape,
    learned: learned.pick({ parameters: true }),
    ...runSchema.pick({ steps: true, epochs: true }).shape,
    best: best.unwrap().pick({ epoch: true }),
    metrics: metrics.unwrap(),
    intervals: runSchema.shape.intervals,
  })
  .loose();

export type PublishedRun = z.infer<typeof schema>;

/** Reads the record of a run. Throws NOT_FOUND if there is none, CHECKPOINT if it is invalid or has no best epoch. */
export async function readPublishedRun(path: string): Promise<PublishedRun> {
  const run = await readJson(path, schema, "CHECKPOINT", runBounds(path));
  const shown = publishedOptions(run.config);
  const hidden = Object.keys(run.config).filter((key) => !Object.hasOwn(shown, key));
  const withoutPlaces = { ...run.config, ...Object.fromEntries(hidden.map((key) => [key, undefined])) };
  // A folder's path reveals more than its name.
  return { ...run, config: { ...withoutPlaces, backbone: run.backbone.name } };
}
