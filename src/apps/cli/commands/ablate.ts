/** `mpa-fer ablate` */
import { ablate, readTable } from "../../../runs/ablate/ablate.ts";
import { type AblationEstimate, estimateAblation } from "../../../runs/ablate/estimate.ts";
import type { AblateConfig } from "../../../runs/ablate/options.ts";
import type { CommandContext } from "../command.ts";
import { ablationLines, shortening } from "../estimateText.ts";
import { answer } from "../output.ts";

export async function run(config: AblateConfig, context: CommandContext): Promise<void> {
  const { argv, progress, signal, notice, quiet } = context;
  const shared = { progress, signal, notice };
  if (config.estimate) {
    const estimate = await estimateAblation(config, shared);
    const shorter = await shortening(estimate, argv);
    await answer({ ...estimate, ...shorter }, ablationLines(estimate, shorter).join("\n"), config.json, context);
    return;
  }
  const announce = async (estimate: AblationEstimate) => {
    for (const line of ablationLines(estimate, await shortening(estimate, argv))) progress.note(line);
  };
  const result = await ablate(config, shared, quiet ? undefined : announce);
  await answer(result, `${await readTable(result.out)}\n${result.out}`, config.json, context);
}
