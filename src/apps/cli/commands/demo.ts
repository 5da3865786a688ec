/** `mpa-fer demo` */

import { percent } from "../../../evaluation/rows.ts";
import { demo } from "../../demo/demo.ts";
import type { DemoConfig } from "../../demo/options.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

export async function run(config: DemoConfig, context: CommandContext): Promise<void> {
  const { progress, signal, notice } = context;
  const result = await demo(config, { progress, signal, notice });
  const rows = Object.entries(result.results).map(([name, { accuracy, uar, ece }]) => [
    name,
    percent(accuracy),
    percent(uar),
    percent(ece),
  ]);
  const text = [
    "Drawn faces of unseen identities:",
    "",
    table(["", "accuracy", "UAR", "ECE"], rows),
    `${result.seconds.toFixed(0)} s; look at ${result.report}`,
  ];
  await answer(result, text.join("\n"), config.json, context);
}
