/** Cells of protocols as queued jobs (`protocol --redis`). */
import type { RunContext } from "../../platform/context.ts";
import { type CellKind, runJobOf } from "../ablate/cellJob.ts";
import { protocolSchema } from "./options.ts";
import { planOf } from "./rows.ts";

/** Jobs that train or score a cell of a protocol. */
export const protocolCellKind: CellKind = { job: "protocol-cell", options: protocolSchema.options };

/** Runs one job on a worker; a retry resumes the previous attempt. Throws CONFIG or USAGE for malformed job data. */
export const runProtocolJob = (data: unknown, context: RunContext): Promise<{ readonly out: string }> =>
  runJobOf(data, protocolSchema.config, async (config) => (await planOf(config)).rows, context);
