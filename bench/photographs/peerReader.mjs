/**
 * Reads the expressions of faces with a package of others: `node face_readers.mjs PACKAGE FOLDER`, FOLDER being where npm installed it.
 * Each line on standard input is the path of a picture; each answer is a line with the CPU milliseconds of this process and the faces.
 */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { join, normalize } from "node:path";
import { createInterface } from "node:readline";
import sharp from "sharp";

sharp.concurrency(1);
const [name, folder] = process.argv.slice(2);
const require = createRequire(join(folder, "node_modules", "here.js"));
const wasm = `${join(folder, "node_modules/@tensorflow/tfjs-backend-wasm/dist")}/`;

async function pixels(tf, path) {
  const { data, info } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return tf.tensor3d(new Uint8Array(data), [info.height, info.width, 3], "int32");
}

/** A server of model files on this machine: in WebAssembly the package reads them over HTTP alone. */
async function serve(root) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, "http://x").pathname);
    await readFile(join(root, path)).then(
      (bytes) => response.end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  return `http://127.0.0.1:${server.address().port}/`;
}

async function human() {
  const { Human } = require(join(folder, "node_modules/@vladmandic/human/dist/human.node-wasm.js"));
  const models = await serve(join(folder, "node_modules/@vladmandic/human/models"));
  const off = { enabled: false };
  const fer = new Human({
    ...{ backend: "wasm", wasmPath: wasm, modelBasePath: models, debug: false, async: false, cacheSensitivity: 0 },
    face: {
      enabled: true,
      detector: { maxDetected: 20, rotation: false, skipFrames: 0, skipTime: 0 },
      ...{ mesh: off, iris: off, description: off, antispoof: off, liveness: off },
      emotion: { enabled: true, skipFrames: 0, skipTime: 0, minConfidence: 0 },
    },
    ...{ body: off, hand: off, object: off, gesture: off, segmentation: off, filter: off },
  });
  await fer.load();
  return async (path) => {
    const tensor = await pixels(fer.tf, path);
    const { face, error } = await fer.detect(tensor);
    fer.tf.dispose(tensor);
    if (error) throw new Error(error);
    return face.length;
  };
}

async function faceApi(detector) {
  const faceapi = require(join(folder, "node_modules/@vladmandic/face-api/dist/face-api.node-wasm.js"));
  require("@tensorflow/tfjs-backend-wasm").setWasmPaths(wasm);
  await faceapi.tf.setBackend("wasm");
  await faceapi.tf.ready();
  const models = join(folder, "node_modules/@vladmandic/face-api/model");
  const { nets } = faceapi;
  await Promise.all([
    nets[detector].loadFromDisk(models),
    nets.faceLandmark68Net.loadFromDisk(models),
    nets.faceExpressionNet.loadFromDisk(models),
  ]);
  const options =
    detector === "tinyFaceDetector"
      ? new faceapi.TinyFaceDetectorOptions({ inputSize: 416 })
      : new faceapi.SsdMobilenetv1Options({ maxResults: 50 });
  return async (path) => {
    const tensor = await pixels(faceapi.tf, path);
    const found = await faceapi.detectAllFaces(tensor, options).withFaceLandmarks().withFaceExpressions();
    faceapi.tf.dispose(tensor);
    return found.length;
  };
}

const readers = {
  human,
  "face-api tiny": () => faceApi("tinyFaceDetector"),
  "face-api ssd": () => faceApi("ssdMobilenetv1"),
};

console.log = console.error;
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);
const read = await readers[name]();
say({ ready: true });
for await (const path of createInterface({ input: process.stdin })) {
  const start = process.cpuUsage();
  const faces = await read(path);
  const { user, system } = process.cpuUsage(start);
  say({ ms: (user + system) / 1000, faces });
}
