/**
 * The camera read by @vladmandic/human in WebAssembly, called by `bench/camera.ts`: its detector, face mesh and expression network with
 * the package's settings for cameras (results are used again for some frames and seconds), everything else off.
 */
import { Human } from "./human/dist/human.esm.js";

const off = { enabled: false };
const human = new Human({
  ...{ backend: "wasm", wasmPath: "./wasm/", modelBasePath: "./human/models/", debug: false },
  face: { enabled: true, ...{ iris: off, description: off, antispoof: off, liveness: off }, emotion: { enabled: true } },
  ...{ body: off, hand: off, object: off, gesture: off, segmentation: off, filter: off },
});

window.humanBench = {
  open: async () => {
    await human.load();
    return { runsOn: `${human.tf.getBackend()}, human ${human.version}`, isolated: crossOriginIsolated };
  },

  /** As many frames as it can for some seconds, each with a face and an expression or not, after two seconds that do not count. */
  read: async (width, height, seconds) => {
    const video = document.querySelector("video");
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width, height } });
    video.srcObject = stream;
    await video.play();
    const next = () => new Promise((resolve) => video.requestVideoFrameCallback(resolve));
    let [answers, withFace] = [0, 0];
    const readFor = async (milliseconds) => {
      [answers, withFace] = [0, 0];
      const start = performance.now();
      while (performance.now() - start < milliseconds) {
        await next();
        const { face, error } = await human.detect(video);
        if (error) throw new Error(error);
        answers++;
        if (face.some(({ emotion }) => emotion?.length > 0)) withFace++;
      }
      return (performance.now() - start) / 1000;
    };
    await readFor(2000);
    const took = await readFor(1000 * seconds);
    for (const track of stream.getTracks()) track.stop();
    return { seconds: took, answers, withFace };
  },
};
