/** `mpa-fer convert` */

import { convert } from "../../../clip/convert/convert.node.ts";
import type { ConvertConfig } from "../../../clip/convert/options.ts";
import type { CommandContext } from "../command.ts";
import { answer } from "../output.ts";

export async function run(config: ConvertConfig, context: CommandContext): Promise<void> {
  const { progress, signal, notice } = context;
  const [file] = config.file;
  const result = await convert({ ...config, file }, { progress, signal, notice });
  const text = `${result.tensors} tensors, ${result.activation}\n${result.out}`;
  await answer(result, text, config.json, context);
}
