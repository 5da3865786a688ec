/** `mpa-fer serve` */
import { once } from "node:events";
import type { ServeConfig } from "../../serve/options.ts";
import { startServer } from "../../serve/server.ts";
import type { CommandContext } from "../command.ts";

/** Runs until Ctrl-C or SIGTERM, then finishes the requests in progress. */
export async function run(
  config: ServeConfig,
  { stdout, progress, signal, notice, quiet }: CommandContext,
): Promise<void> {
  const server = await startServer(config, notice, undefined, signal);
  try {
    const { classes, checkpoint = "zero-shot", backbone } = server.host.model;
    if (!quiet) {
      stdout.write(`${server.url}\n`);
      progress.note(`${backbone.name}, ${checkpoint}: ${classes.join(", ")}; Ctrl-C ends it`);
    }
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await server.close();
  }
}
