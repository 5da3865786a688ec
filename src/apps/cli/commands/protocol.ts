/** `mpa-fer protocol` */
import type { AblationEstimate } from "../../../runs/ablate/estimate.ts";
import type { ProtocolConfig } from "../../../runs/protocols/options.ts";
import { estimateProtocol, readProtocolTable, runProtocol } from "../../../runs/protocols/protocol.ts";
import { rowLabel } from "../../../runs/protocols/table.ts";
import type { CommandContext } from "../command.ts";
import { ablationLines, shortening } from "../estimateText.ts";
import { answer } from "../output.ts";

export async function run(config: ProtocolConfig, context: CommandContext): Promise<void> {
  const { argv, progress, signal, notice, quiet } = context;
  const label = (row: string) => rowLabel(config.protocol[0], row);
  const shared = { progress, signal, notice };
  if (config.estimate) {
    const estimate = await estimateProtocol(config, shared);
    const shorter = await shortening(estimate, argv);
    await answer({ ...estimate, ...shorter }, ablationLines(estimate, shorter, label).join("\n"), config.json, context);
    return;
  }
  const announce = async (estimate: AblationEstimate) => {
    for (const line of ablationLines(estimate, await shortening(estimate, argv), label)) progress.note(line);
  };
  const result = await runProtocol(config, shared, quiet ? undefined : announce);
  await answer(result, `${await readProtocolTable(result.out)}\n${result.out}`, config.json, context);
}
