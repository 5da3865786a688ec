/** View that predicts expressions in pictures and camera frames. */
import { button, h, type View } from "../dom.ts";
import type { Session } from "../model/pageSession.ts";
import { dropZone } from "../pictureInputs.ts";
import { camera } from "./camera.ts";
import { type PictureCard, pictureCard } from "./pictureCard.ts";

/** File input for a checkpoint of the embedded backbone, such as a run's `best.safetensors`; `say` receives the outcome. */
export function checkpointInput(session: Session, say: (text: string) => void): HTMLElement {
  const input = h("input", { id: "checkpoint", type: "file", accept: ".safetensors", class: "sight" });
  input.addEventListener("change", async () => {
    const file = input.files?.[0];
    input.value = "";
    if (file === undefined) return;
    say("Loading the checkpoint…");
    try {
      await session.answerWith(file);
      say(`${file.name} answers now, in this browser.`);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  });
  return h("span", {}, input, h("label", { for: "checkpoint", class: "button" }, "Answer with a checkpoint file"));
}

export function readView(session: Session): View {
  const answers = h("div", { "aria-label": "Answers", role: "region" });
  const status = h("p", { role: "status", class: "faint" });
  const say = (text: string) => {
    status.textContent = text;
  };
  const clear = button("Remove all", () => {
    for (const image of answers.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    answers.replaceChildren();
    for (const card of cards) card.forget();
    cards = [];
    say("All pictures are removed.");
    clear.hidden = true;
  });
  clear.hidden = true;

  /** cards of the last batch, and of those that wait to be read */
  let cards: readonly PictureCard[] = [];
  // One after another, so that the results appear in order.
  let last = Promise.resolve();
  const add = (files: readonly File[]) => {
    const earlier = cards;
    const batch = files.map((file) => pictureCard(file, session));
    cards = [...earlier, ...batch];
    answers.prepend(...batch.map(({ element }) => element));
    clear.hidden = false;
    last = last.then(() => {
      for (const card of earlier) card.forget();
      cards = cards.filter((card) => !earlier.includes(card));
    });
    for (const card of batch) {
      last = last.then(async () => {
        say(await card.read());
      });
    }
  };
  const live = camera(session);
  const element = h(
    "section",
    { "aria-labelledby": "read-title" },
    h("h2", { id: "read-title" }, "Read expressions"),
    dropZone({ label: "Choose pictures", add }, live.toggle, checkpointInput(session, say)),
    live.element,
    h("div", { class: "row" }, status, clear),
    answers,
  );
  return { element, hide: live.stop };
}
