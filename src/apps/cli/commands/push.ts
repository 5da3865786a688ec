/** `mpa-fer push` */
import type { PushConfig } from "../../push/options.ts";
import { push } from "../../push/push.ts";
import type { CommandContext } from "../command.ts";
import { answer } from "../output.ts";

export async function run(config: PushConfig, context: CommandContext): Promise<void> {
  const { progress, signal, notice } = context;
  const result = await push(config, { progress, signal, notice });
  const text = [...result.files, result.url ?? result.folder ?? ""].join("\n");
  await answer(result, text, config.json, context);
}
