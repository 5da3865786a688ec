/** Pictures and camera in, expressions out. */

import type { View } from "../dom.ts";
import { button, h } from "../dom.ts";
import type { Session } from "../model/session.ts";
import { camera } from "./camera.ts";
import { checkpointInput } from "./checkpointInput.ts";
import { dropZone } from "./dropZone.ts";
import { pictureCard } from "./pictureCard.ts";

export function readView(session: Session): View {
  const answers = h("div", { "aria-label": "Answers", role: "region" });
  const status = h("p", { role: "status", class: "faint" });
  const say = (text: string) => {
    status.textContent = text;
  };
  const clear = button("Remove all", () => {
    for (const image of answers.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    answers.replaceChildren();
    say("All pictures are removed.");
    clear.hidden = true;
  });
  clear.hidden = true;

  // One after another, in the order in which they came: the answers stand where they belong.
  let last = Promise.resolve();
  const add = (files: readonly File[]) => {
    const cards = files.map((file) => pictureCard(file, session));
    answers.prepend(...cards.map(({ element }) => element));
    clear.hidden = false;
    for (const card of cards) {
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
