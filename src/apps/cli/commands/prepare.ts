/** `mpa-fer prepare` */
import type { PrepareConfig } from "../../predict/options.ts";
import { prepareDataset } from "../../predict/prepare.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

export async function run(config: PrepareConfig, context: CommandContext): Promise<void> {
  const { progress, signal } = context;
  const result = await prepareDataset(config, { progress, signal, notice: (line) => progress.note(line) });
  const rows = result.splits.map(({ split, faces, faceless, unreadable }) => [
    split,
    faces,
    faceless.length,
    unreadable.length,
  ]);
  const text = `${table(["split", "faces", "without a face", "unreadable"], rows)}${result.out}`;
  await answer(result, text, config.json, context);
}
