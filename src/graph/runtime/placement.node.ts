/** On which provider each node of a graph runs, from the profile of one run. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { Placement } from "./session.ts";

/** A folder for one profile: `prefix` goes to the runtime, and `read` is called once it has ended profiling. */
export interface PlacementProfile {
  readonly prefix: string;
  /** Reads the placement. */
  read(): Promise<Placement>;
  /** Removes the folder; a second call does nothing. */
  dispose(): Promise<void>;
}

/** Makes a folder for a profile. */
export async function openPlacementProfile(): Promise<PlacementProfile> {
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-placement-"));
  return {
    prefix: join(folder, "profile"),
    read: async () => {
      const [file] = await readdir(folder);
      return placementOf(JSON.parse(await readFile(join(folder, file), "utf8")));
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
}

/** What a profile of ONNX Runtime has of each node that ran. */
const event = z.object({ args: z.object({ op_name: z.string(), provider: z.string() }) });

/** The placement in the events of a profile. Copies between memories are no nodes of the graph. */
export function placementOf(events: unknown): Placement {
  const counts: Record<string, Record<string, number>> = {};
  for (const each of z.array(z.unknown()).parse(events)) {
    const { data } = event.safeParse(each);
    if (data === undefined || data.args.op_name.startsWith("Memcpy")) continue;
    const { op_name: operator, provider } = data.args;
    const name = provider.replace(/ExecutionProvider$/, "").toLowerCase();
    counts[name] ??= {};
    counts[name][operator] = (counts[name][operator] ?? 0) + 1;
  }
  return counts;
}
