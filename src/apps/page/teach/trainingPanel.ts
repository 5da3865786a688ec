/** Panel with the training controls and the result of a training. */

import { proxy } from "comlink";
import { epochNumber } from "../../../evaluation/rows.ts";
import { button, h } from "../dom.ts";
import type { Session } from "../model/pageSession.ts";
import type { TeachingProgress } from "../model/worker.ts";
import type { Project, TrainedPrompts } from "./project.ts";
import type { ProjectStore } from "./projectStore.ts";

export const checkpointName = "taught.safetensors";

export function resultPanel(session: Session, prompts: TrainedPrompts): HTMLElement {
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
      await session.answerWith(new File([prompts.checkpoint], checkpointName));
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
      `Trained on ${trained} faces; ${right} of ${setAside} held-out faces are correct after epoch ${epochNumber(epoch)}. So few faces say little about others.`,
    ),
    h("table", {}, h("caption", {}, "Correct, of the held-out faces"), h("tbody", {}, ...rows)),
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
  // The browser holds its own reference to the blob once the download has started.
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

const defaultPasses = 40;

export function trainingPanel(session: Session, store: ProjectStore): HTMLElement {
  const status = h("p", { role: "status" });
  const progress = h("progress", { "aria-label": "training", value: 0 });
  progress.hidden = true;
  const passes = h("input", { type: "number", id: "passes", min: 1, max: 500, value: defaultPasses });
  const result = h("div", {});
  let training = false;

  const show = ({ step, steps, loss, accuracy }: TeachingProgress) => {
    progress.max = steps;
    progress.value = step;
    const right = accuracy === undefined ? "" : `; ${Math.round(100 * accuracy)} % of the held-out faces are correct`;
    status.textContent = `Step ${step} of ${steps}, loss ${loss.toFixed(3)}${right}`;
  };
  const run = async () => {
    training = true;
    refresh();
    progress.removeAttribute("value");
    status.textContent = "Making the training graph…";
    try {
      const { worker } = await session.browser();
      const fewShotSet = {
        ...fewShotSetOf(store.project),
        seed: 1,
        epochs: Math.max(1, passes.valueAsNumber || defaultPasses),
      };
      const trained = await worker.teach(fewShotSet, proxy(show));
      store.change((project) => ({
        ...project,
        prompts: { ...trained, setAside: trained.heldOut, classes: fewShotSet.classes },
      }));
      status.textContent = trained.stopped ? "Stopped; the prompts trained so far are kept." : "Done.";
    } catch (error) {
      status.textContent = error instanceof Error ? error.message : String(error);
    } finally {
      training = false;
      refresh();
    }
  };
  const train = button("Train", () => void run(), { class: "main" });
  const stop = button("Stop", () => void session.browser().then(({ worker }) => worker.stop()));
  const undo = button("Undo", () => store.undo());
  const forget = button("Forget everything", () => {
    if (confirm("Delete all classes, faces and prompts from this browser?")) store.forget();
  });
  const refresh = () => {
    train.disabled = training;
    stop.disabled = !training;
    undo.disabled = training || !store.canUndo;
    forget.disabled = training;
    progress.hidden = !training;
    const { prompts } = store.project;
    result.replaceChildren(...(prompts === undefined ? [] : [resultPanel(session, prompts)]));
  };
  store.addEventListener("change", refresh);
  refresh();
  const settings = h("label", { for: "passes" }, "Passes over the faces ");
  return h(
    "section",
    { class: "card", "aria-labelledby": "train-title" },
    h("h3", { id: "train-title" }, "Train"),
    h("div", { class: "row" }, settings, passes),
    h("div", { class: "row" }, train, stop, undo, forget),
    progress,
    status,
    result,
  );
}

const fewShotSetOf = ({ classes }: Project) => ({
  classes: classes.map(({ name }) => name),
  faces: classes.flatMap(({ faces }, label) => faces.map(({ picture }) => ({ label, picture }))),
});
