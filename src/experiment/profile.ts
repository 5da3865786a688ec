/** Where a training step spends its time: by operator and by tower, as ONNX Runtime's profile tells it (`bench --profile`). */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { BenchConfig } from "../config.ts";
import type { Backbone } from "../model/backbone.ts";
import { trainingWork } from "./benchWork.ts";

export interface TrainingProfile {
  /** milliseconds a step in the runtime's operators */
  readonly image_tower_ms: number;
  readonly text_tower_ms: number;
  /** of their sum */
  readonly text_share: number;
  /** operators of both towers, the longest first */
  readonly operators: readonly { readonly name: string; readonly calls: number; readonly ms: number }[];
}

const eventsSchema = z.array(
  z.object({
    cat: z.string().optional(),
    name: z.string(),
    dur: z.number().default(0),
    args: z.object({ op_name: z.string().optional() }).default({}),
  }),
);

/** `config.steps` steps in parts, so that each tower is a session of its own; the loss is counted with the images. */
export async function profileTraining(backbone: Backbone, config: BenchConfig): Promise<TrainingProfile> {
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-profile-"));
  try {
    const work = await trainingWork(backbone, config, { profilePrefix: join(folder, "part-") });
    for (let step = 0; step < config.steps; step++) await work.step();
    await work.dispose();
    return await readProfile(folder, config.steps);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function readProfile(folder: string, steps: number): Promise<TrainingProfile> {
  const towers = { image: 0, text: 0 };
  const operators = new Map<string, { calls: number; ms: number }>();
  const files = await readdir(folder);
  // Sessions side by side spend the same milliseconds.
  const strands = Math.max(1, files.filter((name) => name.startsWith("part-images")).length);
  for (const name of files) {
    const tower = name.startsWith("part-images") ? "image" : "text";
    for (const { cat, name: event, dur, args } of eventsSchema.parse(
      JSON.parse(await readFile(join(folder, name), "utf8")),
    )) {
      if (cat !== "Node" || !event.endsWith("_kernel_time") || args.op_name === undefined) continue;
      const share = tower === "image" ? steps * strands : steps;
      const ms = dur / 1000 / share;
      towers[tower] += ms;
      const { calls, ms: sofar } = operators.get(args.op_name) ?? { calls: 0, ms: 0 };
      operators.set(args.op_name, { calls: calls + 1 / steps, ms: sofar + ms });
    }
  }
  return {
    image_tower_ms: towers.image,
    text_tower_ms: towers.text,
    text_share: towers.text / (towers.image + towers.text),
    operators: [...operators].map(([name, each]) => ({ name, ...each })).sort((a, b) => b.ms - a.ms),
  };
}
