/** `mpa-fer reproduce` */
import type { AblationEstimate } from "../../../runs/ablate/estimate.ts";
import type { ReproduceConfig } from "../../reproduce/options.ts";
import { recordMarkdown } from "../../reproduce/recordText.ts";
import { estimateReproduction, reproduce } from "../../reproduce/reproduce.ts";
import type { CommandContext } from "../command.ts";
import { ablationLines, shortening } from "../estimateText.ts";
import { answer } from "../output.ts";

export async function run(config: ReproduceConfig, context: CommandContext): Promise<void> {
  const { argv, progress, signal, notice, quiet } = context;
  const shared = { progress, signal, notice };
  if (config.estimate) {
    const estimate = await estimateReproduction(config, shared);
    const shorter = await shortening(estimate, argv);
    await answer({ ...estimate, ...shorter }, ablationLines(estimate, shorter).join("\n"), config.json, context);
    return;
  }
  const announce = async (estimate: AblationEstimate) => {
    for (const line of ablationLines(estimate, await shortening(estimate, argv))) progress.note(line);
  };
  const { out, record } = await reproduce(config, shared, quiet ? undefined : announce);
  await answer(record, `${recordMarkdown(record)}\n${out}`, config.json, context);
}
