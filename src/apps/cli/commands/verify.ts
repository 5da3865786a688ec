/** `mpa-fer verify` */

import type { VerifyConfig } from "../../verify/options.ts";
import { type Verification, verify } from "../../verify/verify.ts";
import type { CommandContext } from "../command.ts";
import { answer, wrappedTable } from "../output.ts";

export async function run(config: VerifyConfig, context: CommandContext): Promise<number> {
  const { progress, signal, notice } = context;
  const result = await verify(config, { progress, signal, notice });
  await answer(result, text(result), config.json, context);
  return result.failed > 0 ? 1 : 0;
}

function text({ checks, failed, unknown }: Verification): string {
  const rows = checks.map(({ check, expected, found, state }) => [check, expected, found, state]);
  const ok = checks.length - failed - unknown;
  return `${wrappedTable(["check", "expected", "found", "state"], rows)}${ok} ok, ${failed} failed, ${unknown} unknown`;
}
