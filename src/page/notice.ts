/** What such a model is for and not for: shown once, and whenever it is asked for. */
import { button, h } from "./dom.ts";

const seenKey = "mpa-fer notice seen";

/** Shows the notice at the first visit; `opener` shows it again. */
export function setUpNotice(opener: HTMLElement): void {
  const dialog = h(
    "dialog",
    { id: "notice", "aria-labelledby": "notice-title" },
    h("h2", { id: "notice-title" }, "What this is for, and what not"),
    h(
      "ul",
      {},
      h(
        "li",
        {},
        "It reads expressions, not feelings. People smile when they are not happy, and are happy without a smile.",
      ),
      h(
        "li",
        {},
        "Its errors differ between people: by age, sex, skin, culture, glasses, hair. Do not rank or judge anybody by it.",
      ),
      h(
        "li",
        {},
        "The EU AI Act (Article 5) forbids systems that infer emotions of people at work and in schools, but for medical or safety reasons.",
      ),
      h("li", {}, "It is good for research, for teaching, for your own pictures and for those of people who agreed."),
    ),
    button("I understand", () => dialog.close(), { class: "main", autofocus: true }),
  );
  dialog.addEventListener("close", () => localStorage.setItem(seenKey, "yes"));
  opener.addEventListener("click", () => dialog.showModal());
  document.body.append(dialog);
  if (localStorage.getItem(seenKey) === null) dialog.showModal();
}
