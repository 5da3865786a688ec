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

/** Table of the files, the texts last; figures that none of the formats writes are named under it. */
export function text({ out, figures, texts }: FiguresResult): string {
  const rows = figures.filter(({ files }) => files.length > 0).map(({ name, files }) => [name, files.join(" ")]);
  const without = figures.filter(({ files }) => files.length === 0).map(({ name }) => name);
  const lines = [
    ...(without.length > 0 ? [`tables, which need --format tex, csv or md: ${without.join(", ")}`] : []),
    out,
  ];
  const all = [...rows, ...(texts.length > 0 ? [["texts", texts.join(" ")]] : [])];
  return `${table(["figure", "files"], all)}${lines.join("\n")}`;
}
