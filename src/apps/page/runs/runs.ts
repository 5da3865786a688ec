/** Client for the runs that the server lists. */
import { z } from "zod";
import { recordOf } from "../../../platform/recordSchema.ts";
import { button, h } from "../dom.ts";
import { answerOf, askServer } from "../model/serverEngine.ts";

const figures = z.object({
  accuracy: z.number(),
  uar: z.number(),
  ece: z.number(),
  n: z.number(),
  classes: z.array(z.string()),
  perClass: recordOf(z.object({ recall: z.number(), support: z.number() })),
});
const summary = z.object({
  name: z.string(),
  variant: z.string(),
  dataset: z.string(),
  backbone: z.string(),
  seed: z.number(),
  finished: z.boolean(),
  steps: z.number(),
  epochs: z.number(),
  metrics: figures.optional(),
  protocol: z.string().optional(),
  report: z.boolean(),
});
const run = summary.extend({
  config: z.record(z.string(), z.unknown()),
  /** accuracy on the validation split after each epoch */
  validation: z.array(z.object({ epoch: z.number(), accuracy: z.number() })),
});

export type RunSummary = Readonly<z.output<typeof summary>>;
export type Run = Readonly<z.output<typeof run>>;

/** Lists the runs. Throws if there is no server or it has no folder of runs. */
export const listRuns = async (): Promise<readonly RunSummary[]> =>
  answerOf(z.array(summary), await askServer("api/runs"));

export const fetchRun = async (name: string): Promise<Run> =>
  answerOf(run, await askServer(`api/runs/${encodeURIComponent(name)}`));

/** Name of a run, marked if its metrics follow the paper's protocol, which selects the epoch on the test split. */
export const markedName = ({ name, protocol }: Pick<Run, "name" | "protocol">): string =>
  protocol === undefined ? name : `${name} (paper protocol: chosen on the test split)`;

/**
 * Shows the report in a dialog, inside a frame with the report's own content security policy.
 * A frame cannot send the server's token, so the report can be saved and read then.
 */
export async function showReport(name: string): Promise<void> {
  const address = `api/runs/${encodeURIComponent(name)}/report.html`;
  const html = await (await askServer(address)).blob();
  const href = URL.createObjectURL(html);
  const title = `Report of ${name}`;
  const save = h("a", { class: "button", href, download: `${name.replaceAll("/", "-")}.html` }, "Save");
  const close = button("Close", () => dialog.close());
  const bar = h("div", { class: "row" }, save, close);
  const frame = h("iframe", { title, sandbox: "", src: address });
  const dialog = h("dialog", { class: "report", "aria-label": title }, bar, frame);
  dialog.addEventListener("close", () => {
    URL.revokeObjectURL(href);
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
