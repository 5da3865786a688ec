/** `mpa-fer demo` */
import type { DemoConfig } from "../../config.ts";
import type { CommandContext } from "../command.ts";

export async function run(config: DemoConfig, context: CommandContext): Promise<void> {
  context.progress.note(config.out);
}
