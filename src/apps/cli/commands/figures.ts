/** `mpa-fer figures` */
import { type FiguresResult, writeFigures } from "../../../runs/figures/figures.ts";
import type { FiguresConfig } from "../../../runs/figures/options.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

export async function run(config: FiguresConfig, context: CommandContext): Promise<void> {
  const { progress, signal, notice } = context;
  const result = await writeFigures(config, { progress, signal, notice });
  await answer(result, text(result), config.json, context);
}

const text = ({ out, figures }: FiguresResult): string =>
  `${table(
    ["figure", "files"],
    figures.map(({ name, files }) => [name, files.join(" ")]),
  )}\n${out}`;
