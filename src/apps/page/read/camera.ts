/** Card of the camera: its picture, the faces in it, and the rate at which frames are read. */
import { labelText } from "../../../faces/answerText.ts";
import { type TrackedFace, unsmoothed } from "../../../faces/smooth.ts";
import { button, h } from "../dom.ts";
import { readCamera } from "../model/cameraLoop.ts";
import type { EngineDescription } from "../model/engine.ts";
import type { Session } from "../model/pageSession.ts";
import { openCamera } from "../pictureInputs.ts";
import { frameRate } from "./frameRate.ts";
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
  const rate = h("span", { class: "faint" });
  const smooth = h("input", { type: "checkbox", checked: true });
  const element = h(
    "article",
    { class: "card", "aria-label": "Camera" },
    h("div", { class: "row" }, h("label", {}, smooth, " Smooth over time"), rate),
    h("div", { class: "answer" }, seen, faces),
    status,
  );
  element.hidden = true;
  let stream: MediaStream | undefined;
  let reading: AbortController | undefined;
  let said = "";

  const stop = () => {
    reading?.abort();
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
    if (stream !== undefined) await watch();
  };
  const show = (found: readonly TrackedFace[], unsureBelow: number) => {
    // In the order of their numbers, so that the tables stay where they are.
    const shown = [...found]
      .sort((a, b) => a.track - b.track)
      .map((face) => (smooth.checked ? face : unsmoothed(face, unsureBelow)));
    seen.replaceChildren(video, boxes(shown, { width: video.videoWidth, height: video.videoHeight }));
    const tables = shown.map((face) => faceTable(face, face.track - 1));
    faces.replaceChildren(...(tables.length > 0 ? tables : [h("p", {}, "No face was found.")]));
    const labels = shown.map(labelText).join();
    // Announce changes only: a screen reader would otherwise read every frame.
    if (labels !== said) status.textContent = summary(shown);
    said = labels;
  };
  const watch = async () => {
    const measured = frameRate();
    reading = new AbortController();
    said = "";
    const listener = {
      onFaces: (found: readonly TrackedFace[], { unsureBelow }: EngineDescription) => {
        show(found, unsureBelow);
        rate.textContent = measured.text(performance.now() / 1000);
      },
      onError: (error: unknown) => {
        faces.replaceChildren(h("p", { class: "bad" }, error instanceof Error ? error.message : String(error)));
      },
    };
    await readCamera(video, () => session.engine(), listener, reading.signal);
  };
  const toggle = button("Use the camera", () => (stream === undefined ? void start() : stop()));
  return { element, toggle, stop };
}
