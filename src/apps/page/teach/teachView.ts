/** View for few-shot training in the browser: classes, faces, training and its result. */
import { button, h, type View } from "../dom.ts";
import type { Session } from "../model/pageSession.ts";
import { frameOf, openCamera } from "../pictureInputs.ts";
import { classList } from "./classList.ts";
import { eightClasses, isEmpty, newClass, withFaces } from "./project.ts";
import { ProjectStore } from "./projectStore.ts";
import { trainingPanel } from "./trainingPanel.ts";

/** Camera of the view: visible while it is on, and read one frame at a time. */

export function teachCamera() {
  const video = h("video", { playsinline: true, muted: true, "aria-label": "camera" });
  let stream: MediaStream | undefined;
  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    element.hidden = true;
  };
  const element = h("div", { class: "card" }, h("div", { class: "seen" }, video), button("Stop the camera", stop));
  element.hidden = true;
  return {
    element,
    stop,
    /** Takes a frame; the first call starts the camera. Throws if the camera is not available. */
    picture: async (): Promise<Blob> => {
      if (stream === undefined) {
        element.hidden = false;
        try {
          stream = await openCamera(video);
        } catch (error) {
          stop();
          throw error;
        }
      }
      return frameOf(video);
    },
  };
}

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
