/** The options of a run that was made before, as its `run.json` has them. */
import { z } from "zod";
import { readJson } from "../files.ts";

const replaySchema = z.object({ format: z.literal("mpa-fer-run/1"), config: z.record(z.string(), z.unknown()) });
/** What says where a run goes and how it tells of itself, not what it is. */
const placeOptions: ReadonlySet<string> = new Set([
  ...["out", "resume", "replay", "quiet", "json", "memory", "featureCache"],
  ...["redis", "helpers", "mlflow", "mlflowExperiment"],
]);

/** Throws NOT_FOUND, and CONFIG for what is no manifest of a run. */
export async function replayedOptions(path: string): Promise<Readonly<Record<string, unknown>>> {
  const { config } = await readJson(path, replaySchema, "CONFIG");
  return Object.fromEntries(Object.entries(config).filter(([key]) => !placeOptions.has(key)));
}
