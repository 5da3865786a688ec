/** Teaching in the browser: classes, faces, training, and what came of it. */

import type { View } from "../dom.ts";
import { button, h } from "../dom.ts";
import type { Session } from "../model/session.ts";
import { classList } from "./classList.ts";
import { eightClasses, isEmpty, newClass, withFaces } from "./project.ts";
import { ProjectStore } from "./projectStore.ts";
import { teachCamera } from "./teachCamera.ts";
import { trainingPanel } from "./trainingPanel.ts";

export function teachView(session: Session): View {
  const content = h("div", {}, h("p", { class: "faint" }, "Opening what was kept here…"));
  const camera = teachCamera();
  void ProjectStore.open().then((store) => content.replaceChildren(...parts(session, store, camera)));
  const element = h(
    "section",
    { "aria-labelledby": "teach-title" },
    h("h2", { id: "teach-title" }, "Teach it"),
    h(
      "p",
      { class: "faint" },
      "Name classes, give a few faces of each, and train. Everything stays in this browser: pictures, training, and the prompts that come of it, until you download or forget them.",
    ),
    content,
  );
  return { element, hide: camera.stop };
}

function parts(session: Session, store: ProjectStore, camera: ReturnType<typeof teachCamera>): HTMLElement[] {
  const status = h("p", { role: "status" });
  const say = (text: string) => {
    status.textContent = text;
  };
  const add = async (id: string, pictures: readonly Blob[]) => {
    try {
      say("Looking for faces…");
      const { worker } = await session.browser();
      let without = 0;
      for (const picture of pictures) {
        const { faces, found } = await worker.cutFaces(picture);
        if (!found) without++;
        store.change((project) => withFaces(project, id, faces));
      }
      say(without === 0 ? "" : `Taken whole, for no face was found: ${without} of ${pictures.length} pictures.`);
    } catch (error) {
      say(error instanceof Error ? error.message : String(error));
    }
  };
  const takePicture = async (id: string) => {
    try {
      await add(id, [await camera.picture()]);
    } catch (error) {
      say(`The camera cannot be used: ${String(error)}`);
    }
  };
  store.addEventListener("unkept", () => say("This browser does not keep the project: it is gone after a reload."));
  const eight = button("The eight expressions", () => store.change(eightClasses));
  const offerEight = () => {
    eight.hidden = !isEmpty(store.project);
  };
  store.addEventListener("change", offerEight);
  offerEight();
  const more = button("Add a class", () => {
    store.change((project) => ({ ...project, classes: [...project.classes, newClass()] }));
  });
  return [
    camera.element,
    h("div", { class: "row" }, eight),
    classList({ store, add: (id, pictures) => void add(id, pictures), takePicture: (id) => void takePicture(id) }),
    h("div", { class: "row" }, more),
    status,
    trainingPanel(session, store),
  ];
}
