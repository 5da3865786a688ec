/** `mpa-fer ablate` */
import { ablate, readTable } from "../../../runs/ablate/ablate.ts";
import type { AblateConfig } from "../../../runs/ablate/options.ts";
import type { CommandContext } from "../command.ts";
import { answer } from "../output.ts";

export async function run(config: AblateConfig, context: CommandContext): Promise<void> {
  const { progress, signal, notice } = context;
  const result = await ablate(config, { progress, signal, notice });
  await answer(result, `${await readTable(result.out)}\n${result.out}`, config.json, context);
}
