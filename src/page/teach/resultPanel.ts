/** What came of a training: how it does on the faces set aside, the checkpoint, and answering with it. */
import { button, h } from "../dom.ts";
import type { Session } from "../model/session.ts";
import type { TaughtPrompts } from "./project.ts";

export const checkpointName = "taught.safetensors";

export function resultPanel(session: Session, prompts: TaughtPrompts): HTMLElement {
  const { metrics, classes, trained, setAside, epoch } = prompts;
  const right = Math.round(metrics.accuracy * metrics.n);
  const rows = classes.map((name) => {
    const { recall, support } = metrics.perClass[name];
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      h("td", { class: "number" }, `${Math.round(recall * support)} of ${support}`),
    );
  });
  const said = h("p", { role: "status" });
  const use = async () => {
    said.textContent = "Loading…";
    try {
      await session.answerWith({ name: checkpointName, bytes: prompts.checkpoint });
      said.textContent = "It answers now, in this browser: go to “Read expressions”.";
    } catch (error) {
      said.textContent = error instanceof Error ? error.message : String(error);
    }
  };
  const back = async () => {
    await session.answerWith(undefined);
    said.textContent = "The prompts that come with the model answer again.";
  };
  return h(
    "div",
    {},
    h(
      "p",
      {},
      `Learnt from ${trained} faces; ${right} of the ${setAside} set aside are right after pass ${epoch + 1}. So few faces say little about others.`,
    ),
    h("table", {}, h("caption", {}, "Right, of the faces set aside"), h("tbody", {}, ...rows)),
    h(
      "div",
      { class: "row" },
      button("Answer with it", () => void use(), { class: "main" }),
      button("Answer as before", () => void back()),
      button("Download the checkpoint", () => download(prompts.checkpoint)),
    ),
    said,
  );
}

function download(bytes: Uint8Array<ArrayBuffer>): void {
  const href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  h("a", { href, download: checkpointName }).click();
  // After the click the download has its own hold on the bytes.
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
