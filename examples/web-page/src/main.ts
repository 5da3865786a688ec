import type { FacePrediction } from "mpa-fer/browser";

const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
const answer = document.querySelector("#answer");
const picture = document.querySelector<HTMLInputElement>("#picture");

worker.addEventListener("message", ({ data }: MessageEvent<readonly FacePrediction[] | string>) => {
  const text =
    typeof data === "string"
      ? data
      : data.map(({ label, score }) => `${label} ${Math.round(100 * score)} %`).join(", ");
  answer?.replaceChildren(text === "" ? "No face was found." : text);
});
picture?.addEventListener("change", () => worker.postMessage(picture.files?.[0]));
