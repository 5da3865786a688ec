/** Camera that is read frame after frame, as fast as the engine answers. */
import { labelText } from "../../../faces/answerText.ts";
import type { TrackedFace } from "../../../faces/smooth.ts";
import { button, h } from "../dom.ts";
import type { CameraReader, Engine } from "../model/engine.ts";
import type { Session } from "../model/pageSession.ts";
import { nextFrame, openCamera } from "../pictureInputs.ts";
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
  let said = "";

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
  const show = (found: readonly TrackedFace[], unsureBelow: number) => {
    // In the order of their numbers, so that the tables stay where they are.
    const shown = [...found]
      .sort((a, b) => a.track - b.track)
      .map((face) => (smooth.checked ? face : rawFace(face, unsureBelow)));
    seen.replaceChildren(video, boxes(shown, { width: video.videoWidth, height: video.videoHeight }));
    const tables = shown.map((face) => faceTable(face, face.track - 1));
    faces.replaceChildren(...(tables.length > 0 ? tables : [h("p", {}, "No face was found.")]));
    const labels = shown.map(labelText).join();
    // Announce changes only: a screen reader would otherwise read every frame.
    if (labels !== said) status.textContent = summary(shown);
    said = labels;
  };
  /** Reads the newest frame, and the next one only after that: frames never queue, and older ones are skipped. */
  const watch = async () => {
    const own = stream;
    let reading: { readonly engine: Engine; readonly reader: CameraReader; readonly unsureBelow: number } | undefined;
    const measured = frameRate();
    said = "";
    while (own !== undefined && own === stream) {
      try {
        const engine = await session.engine();
        if (reading?.engine !== engine) {
          const { unsureBelow } = await engine.describe();
          reading = { engine, reader: engine.watch(), unsureBelow };
        }
        await nextFrame(video);
        if (own !== stream) return;
        const found = await reading.reader.read(video);
        if (own !== stream) return;
        show(found, reading.unsureBelow);
        rate.textContent = measured.text(performance.now() / 1000);
      } catch (error) {
        if (own !== stream) return;
        reading = undefined;
        faces.replaceChildren(h("p", { class: "bad" }, error instanceof Error ? error.message : String(error)));
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }
  };
  const toggle = button("Use the camera", () => (stream === undefined ? void start() : stop()));
  return { element, toggle, stop };
}

/** The face as this frame alone shows it. */
function rawFace(face: TrackedFace, unsureBelow: number): TrackedFace {
  const probabilities = face.rawProbabilities;
  const [first, ...others] = Object.entries(probabilities);
  const [label, score] = others.reduce((best, next) => (next[1] > best[1] ? next : best), first);
  return { ...face, label, score, confident: score >= unsureBelow, probabilities };
}
