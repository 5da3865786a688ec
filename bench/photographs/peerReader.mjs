/**
 * Reads the expressions of faces with a package of others: `node peerReader.mjs READER FOLDER`, FOLDER being where npm installed it.
 * Each line on standard input is the path of a picture; each answer is a line with the CPU milliseconds of this process and the faces.
 * The readers whose names end with "net" take each picture for one face that is cut out.
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
  const { data, info } = await sharp(path).removeAlpha().toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
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

async function human({ mesh }) {
  const { Human } = require(join(folder, "node_modules/@vladmandic/human/dist/human.node-wasm.js"));
  const models = await serve(join(folder, "node_modules/@vladmandic/human/models"));
  const off = { enabled: false };
  const fer = new Human({
    ...{ backend: "wasm", wasmPath: wasm, modelBasePath: models, debug: false, async: false, cacheSensitivity: 0 },
    face: {
      enabled: true,
      detector: { maxDetected: 20, rotation: false, skipFrames: 0, skipTime: 0 },
      mesh: { enabled: mesh },
      ...{ iris: off, description: off, antispoof: off, liveness: off },
      emotion: { enabled: true, skipFrames: 0, skipTime: 0, minConfidence: 0 },
    },
    ...{ body: off, hand: off, object: off, gesture: off, segmentation: off, filter: off },
  });
  await fer.load();
  return fer;
}

async function humanPhotograph(how) {
  const fer = await human(how);
  return async (path) => {
    const tensor = await pixels(fer.tf, path);
    const { face, error } = await fer.detect(tensor);
    fer.tf.dispose(tensor);
    if (error) throw new Error(error);
    return face.map(({ box, emotion }) => ({ box, label: emotion[0].emotion }));
  };
}

/** The expression net alone, with what `src/gear/emotion.ts` of the package does before it: the package itself always detects. */
async function humanNet() {
  const fer = await human({ mesh: false });
  const net = fer.models.models.emotion;
  const side = net.inputs[0].shape[2];
  const words = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"];
  return async (path) => {
    const tensor = await pixels(fer.tf, path);
    const [height, width] = tensor.shape;
    const scores = fer.tf.tidy(() => {
      const { tf } = fer;
      const resized = tf.image.resizeBilinear(tf.expandDims(tf.div(tf.cast(tensor, "float32"), 255)), [side, side]);
      const grey = tf.sum(tf.mul(resized, [0.2989, 0.587, 0.114]), 3, true);
      return net.execute(tf.mul(tf.sub(grey, 0.5), 2)).dataSync();
    });
    fer.tf.dispose(tensor);
    return [{ box: [0, 0, width, height], label: words[scores.indexOf(Math.max(...scores))] }];
  };
}

async function faceApi(...names) {
  const faceapi = require(join(folder, "node_modules/@vladmandic/face-api/dist/face-api.node-wasm.js"));
  require("@tensorflow/tfjs-backend-wasm").setWasmPaths(wasm);
  await faceapi.tf.setBackend("wasm");
  await faceapi.tf.ready();
  const models = join(folder, "node_modules/@vladmandic/face-api/model");
  await Promise.all(["faceExpressionNet", ...names].map((net) => faceapi.nets[net].loadFromDisk(models)));
  return faceapi;
}

async function faceApiPhotograph(detector) {
  const faceapi = await faceApi(detector, "faceLandmark68Net");
  const options =
    detector === "tinyFaceDetector"
      ? new faceapi.TinyFaceDetectorOptions({ inputSize: 416 })
      : new faceapi.SsdMobilenetv1Options({ maxResults: 50 });
  return async (path) => {
    const tensor = await pixels(faceapi.tf, path);
    const found = await faceapi.detectAllFaces(tensor, options).withFaceLandmarks().withFaceExpressions();
    faceapi.tf.dispose(tensor);
    return found.map(({ detection: { box }, expressions }) => ({
      box: [box.x, box.y, box.width, box.height],
      label: expressions.asSortedArray()[0].expression,
    }));
  };
}

async function faceApiNet() {
  const faceapi = await faceApi();
  return async (path) => {
    const tensor = await pixels(faceapi.tf, path);
    const [height, width] = tensor.shape;
    const expressions = await faceapi.nets.faceExpressionNet.predictExpressions(tensor);
    faceapi.tf.dispose(tensor);
    return [{ box: [0, 0, width, height], label: expressions.asSortedArray()[0].expression }];
  };
}

const readers = {
  human: () => humanPhotograph({ mesh: false }),
  "human, mesh": () => humanPhotograph({ mesh: true }),
  "human, net": humanNet,
  "face-api tiny": () => faceApiPhotograph("tinyFaceDetector"),
  "face-api ssd": () => faceApiPhotograph("ssdMobilenetv1"),
  "face-api, net": faceApiNet,
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
