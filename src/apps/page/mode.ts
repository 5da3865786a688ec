/** Choice between server and browser, the status line of the engine, and the notice about intended use. */
import { button, h, required } from "./dom.ts";
import type { Mode } from "./model/engine.ts";
import type { Session, SessionState } from "./model/pageSession.ts";

const words: Readonly<Record<Mode, string>> = { server: "The server computes", browser: "Everything in this browser" };
const chosenKey = "mpa-fer mode";

/** Shows the choice and restores the last one; without a server only the browser is offered. */
export async function setUpMode(session: Session): Promise<void> {
  const server = await session.server();
  const before = localStorage.getItem(chosenKey);
  const mode: Mode = server === undefined || before === "browser" ? "browser" : "server";
  const choose = (chosen: Mode) => {
    localStorage.setItem(chosenKey, chosen);
    void session.choose(chosen);
  };
  const choice = h("fieldset", {}, h("legend", { class: "sight" }, "Where is computed"));
  const inputs = Object.entries(words).map(([value, label]) => {
    const isServer = value === "server";
    const disabled = isServer && server === undefined;
    const change = () => choose(isServer ? "server" : "browser");
    const input = h("input", { type: "radio", name: "mode", value, disabled, checked: value === mode, on: { change } });
    choice.append(h("label", {}, input, ` ${label}`));
    return input;
  });
  required("mode").replaceChildren(choice);
  session.watch((state) => {
    for (const input of inputs) input.checked = input.value === state.mode;
    required("answering").replaceChildren(...line(state));
  });
  await session.choose(mode);
}

function line(state: SessionState): (Node | string)[] {
  if (state.kind === "failed") return [h("span", { class: "bad" }, state.message)];
  if (state.kind === "loading") {
    const loaded = state.bytes > 0 ? ` ${(state.bytes / 1e6).toFixed(1)} MB` : "";
    return [state.mode === "browser" ? `Loading the model into this browser…${loaded}` : "Asking the server…"];
  }
  const { backbone, checkpoint, runsOn } = state.description;
  const prompts = checkpoint === undefined ? "zero-shot, with its hard prompts" : `with the prompts of ${checkpoint}`;
  const privacy =
    state.mode === "browser" ? "No picture leaves this machine." : "Pictures go to the server behind this page only.";
  return [
    h("strong", {}, backbone.name),
    ` (${backbone.sha256.slice(0, 8)}) answers, ${prompts}, on ${runsOn}. `,
    h("strong", {}, privacy),
  ];
}

const seenKey = "mpa-fer notice seen";

/** Shows the notice on intended use at the first visit; `opener` shows it again. */
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
