/** Camera that predicts frame after frame, as fast as the engine answers. */
import { button, h } from "../dom.ts";
import type { Session } from "../model/pageSession.ts";
import { frameOf, openCamera } from "../pictureInputs.ts";
import { boxes, faceTable, summary } from "./pictureCard.ts";

export interface Camera {
  readonly element: HTMLElement;
  readonly toggle: HTMLButtonElement;
  stop(): void;
}

export function camera(session: Session): Camera {
  const video = h("video", { playsinline: true, muted: true, "aria-label": "camera" });
  const seen = h("div", { class: "seen" }, video);
  const faces = h("div", {});
  const status = h("p", { class: "sight", role: "status" });
  const element = h(
    "article",
    { class: "card", "aria-label": "Camera" },
    h("div", { class: "answer" }, seen, faces),
    status,
  );
  element.hidden = true;
  let stream: MediaStream | undefined;

  const stop = () => {
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = undefined;
    element.hidden = true;
    toggle.textContent = "Use the camera";
  };
  const start = async () => {
    toggle.disabled = true;
    try {
      stream = await openCamera(video);
      element.hidden = false;
      toggle.textContent = "Stop the camera";
    } catch (error) {
      element.hidden = false;
      faces.replaceChildren(h("p", { class: "bad" }, `The camera cannot be used: ${String(error)}`));
    } finally {
      toggle.disabled = false;
    }
    await watch();
  };
  const watch = async () => {
    const own = stream;
    let said = "";
    while (own !== undefined && own === stream) {
      try {
        const found = await (await session.engine()).predict(await frameOf(video));
        if (own !== stream) return;
        const size = { width: video.videoWidth, height: video.videoHeight };
        seen.replaceChildren(video, boxes(found, size));
        const tables = found.map((face, i) => faceTable(face, i));
        faces.replaceChildren(...(tables.length > 0 ? tables : [h("p", {}, "No face was found.")]));
        const labels = found.map(({ label }) => label).join();
        // Announce changes only: a screen reader would otherwise read every frame.
        if (labels !== said) status.textContent = summary(found);
        said = labels;
      } catch (error) {
        if (own !== stream) return;
        faces.replaceChildren(h("p", { class: "bad" }, error instanceof Error ? error.message : String(error)));
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  };
  const toggle = button("Use the camera", () => (stream === undefined ? void start() : stop()));
  return { element, toggle, stop };
}
