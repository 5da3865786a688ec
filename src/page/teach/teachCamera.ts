/** The camera for teaching: shown while it is on, one picture at a time. */
import { button, h } from "../dom.ts";
import { frameOf, openCamera } from "../read/cameraStream.ts";

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
    /** A frame; the first call starts the camera. Throws where it cannot be used. */
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
