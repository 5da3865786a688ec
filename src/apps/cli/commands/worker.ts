/** `mpa-fer worker` */
import type { WorkerConfig } from "../../worker/options.ts";
import { work } from "../../worker/worker.ts";
import type { CommandContext } from "../command.ts";
import { answer } from "../output.ts";

/** Runs until Ctrl-C, which returns the job in progress to the queue, or until idle for `--idle` seconds. */
export async function run(config: WorkerConfig, context: CommandContext): Promise<void> {
  const { progress, signal, notice } = context;
  const result = await work(config, { progress, signal, notice, log: (line) => progress.note(line) });
  const { done, failed, handedBack, seconds } = result;
  const text = `${done} jobs done, ${failed} tries failed, ${handedBack} handed back, ${seconds.toFixed(0)} s`;
  await answer(result, text, config.json, context);
}
