import { ExpressionRecognizer } from "mpa-fer/browser";

// From public/models, wherever the page lies.
const models = new URL("/models/", location.href);
const fer = ExpressionRecognizer.load({ models, threads: navigator.hardwareConcurrency });
fer.then(
  () => postMessage("Choose a picture."),
  (error: unknown) => postMessage(String(error)),
);

addEventListener("message", async ({ data }: MessageEvent<File>) => {
  try {
    postMessage(await (await fer).predict(data));
  } catch (error) {
    postMessage(String(error));
  }
});
