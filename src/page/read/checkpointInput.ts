/** A checkpoint file to answer with, such as a run's `best.safetensors` for the embedded backbone. */
import { h } from "../dom.ts";
import type { Session } from "../model/session.ts";

/** `say` hears what came of it. */
export function checkpointInput(session: Session, say: (text: string) => void): HTMLElement {
  const input = h("input", { id: "checkpoint", type: "file", accept: ".safetensors", class: "sight" });
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    input.value = "";
    if (file === undefined) return;
    say("Loading the checkpoint…");
    try {
      await session.answerWith({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
      say(`${file.name} answers now, in this browser.`);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  });
  return h("span", {}, input, h("label", { for: "checkpoint", class: "button" }, "Answer with a checkpoint file"));
}
