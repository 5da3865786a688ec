/** Camera of a view as signals: opened once the user has read the intended use, and stopped with the view. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { messageOf } from "../../../platform/errors.ts";
import { openCamera } from "../pictureInputs.ts";

export class CameraStream {
  readonly video: HTMLVideoElement;
  readonly #isOpen = signal(false);
  readonly #error = signal<string | undefined>(undefined);
  #stream: MediaStream | undefined;
  #opening: Promise<boolean> | undefined;

  constructor() {
    this.video = document.createElement("video");
    this.video.playsInline = true;
    this.video.muted = true;
    this.video.setAttribute("aria-label", "camera");
  }

  get isOpen(): ReadonlySignal<boolean> {
    return this.#isOpen;
  }

  get error(): ReadonlySignal<string | undefined> {
    return this.#error;
  }

  /** Opens the camera; false if it cannot be used, and `error` says why. */
  open(): Promise<boolean> {
    this.#opening ??= this.#start().finally(() => {
      this.#opening = undefined;
    });
    return this.#opening;
  }

  stop(): void {
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
    this.#isOpen.value = false;
  }

  async #start(): Promise<boolean> {
    if (this.#isOpen.value) return true;
    try {
      this.#stream = await openCamera(this.video);
      this.#isOpen.value = true;
      this.#error.value = undefined;
    } catch (error) {
      this.#error.value = `The camera cannot be used: ${messageOf(error)}`;
    }
    return this.#isOpen.value;
  }
}
