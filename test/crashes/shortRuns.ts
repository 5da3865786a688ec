/** Short trainings of a tiny CLIP on drawn shapes, with actions at given steps. */
import { join } from "node:path";
import type { ProgressReporter } from "../../src/platform/context.ts";
import { trainSchema } from "../../src/runs/options.ts";
import { drawnFolder } from "../drawnFolder.ts";
import { writeTinyBackbone } from "../tinyBackbone.ts";

/** Options of all runs, and the configuration of a run by the name of its folder below `folder`. */
export async function shortRuns(folder: string) {
  const backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 5, valid: 3 });
  const shared = { data, dataset: "folder", backbone, epochs: 3, batchSize: 4, hardPrompt: 2, threads: 1 };
  const out = (name: string) => join(folder, name);
  const configOf = (name: string, options: Record<string, unknown> = {}) =>
    trainSchema.config.parse({ ...shared, out: out(name), ...options });
  return { shared, out, configOf };
}

/** Calls `act` once, at this step of the training. */
export function atStep(step: number, act: () => void): { readonly progress: ProgressReporter } {
  let updates = 0;
  const update = (label: string) => {
    if (label === "training" && ++updates === step) act();
  };
  return {
    progress: {
      start: ({ label }) => ({ update: () => update(label), note: () => undefined, finish: () => undefined }),
    },
  };
}
