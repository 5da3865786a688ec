/** `mpa-fer prepare` */

import { numberText } from "../../../platform/counts.ts";
import type { PrepareConfig } from "../../predict/options.ts";
import { prepareDataset } from "../../predict/prepare.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

export async function run(config: PrepareConfig, context: CommandContext): Promise<void> {
  const { progress, signal, notice } = context;
  const result = await prepareDataset(config, { progress, signal, notice });
  const rows = result.splits.map(({ split, faces, faceless, unreadable, passedOver }) => [
    split,
    ...[faces, faceless.length, unreadable.length].map(numberText),
    numberText(Object.values(passedOver).reduce((total, count) => total + count, 0)),
  ]);
  const text = `${table(["split", "faces", "without a face", "unreadable", "passed over"], rows)}${result.out}`;
  await answer(result, text, config.json, context);
}
