import { chosenFiles } from "./chosenFiles.ts";
import { h } from "./dom.ts";

/** Starts the camera in a video element. Throws if there is none or permission is denied. */
export async function openCamera(video: HTMLVideoElement): Promise<MediaStream> {
  if (navigator.mediaDevices === undefined) throw new Error("this browser gives cameras to secure pages only");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user", width: 640 }, audio: false });
  video.srcObject = stream;
  await video.play();
  return stream;
}

/** Current frame of the video, as JPEG. */
export async function frameOf(video: HTMLVideoElement): Promise<Blob> {
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return canvas.convertToBlob({ type: "image/jpeg", quality: 0.92 });
}

export interface DropZoneOptions {
  readonly label: string;
  add(files: readonly File[]): void;
}

let count = 0;

/** Area for pictures that are dropped, pasted or chosen with a button; `more` are further buttons. */
export function dropZone({ label, add }: DropZoneOptions, ...more: readonly HTMLElement[]): HTMLElement {
  const told = h("p", { role: "status", class: "faint" });
  const take = (files: FileList | null | undefined) => {
    const { pictures, passedOver } = chosenFiles([...(files ?? [])]);
    told.textContent = passedOver ?? "";
    if (pictures.length > 0) add(pictures);
  };
  const id = `files-${count++}`;
  const input = h("input", { id, type: "file", accept: "image/*", multiple: true, class: "sight" });
  input.addEventListener("change", () => {
    take(input.files);
    // Lets the user choose the same file again.
    input.value = "";
  });
  const zone = h(
    "div",
    { class: "drop" },
    h("p", {}, "Drop pictures here, or"),
    h("div", { class: "row" }, h("span", {}, input, h("label", { for: id, class: "button main" }, label)), ...more),
    told,
  );
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(event.dataTransfer?.files);
  });
  return zone;
}
