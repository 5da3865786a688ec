/** `mpa-fer export` */

import { exportClassifier } from "../../export/export.ts";
import type { ExportConfig } from "../../export/options.ts";
import type { CommandContext } from "../command.ts";
import { answer } from "../output.ts";

export async function run(config: ExportConfig, context: CommandContext): Promise<void> {
  const { progress, signal, notice } = context;
  const result = await exportClassifier(config, { progress, signal, notice });
  const size = `${(result.bytes / 1e6).toFixed(1)} MB`;
  const text = `${result.out}: ${size}, ${result.classes.length} classes, at most ${result.difference.toExponential(1)} off predict`;
  await answer(result, text, config.json, context);
}
