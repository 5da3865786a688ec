/** Command line, library, server, browser and exported file give the same probabilities. */
import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import type { FilePrediction } from "../src/apps/predict/filePrediction.ts";
import { ExpressionRecognizer } from "../src/faces/recognizer.node.ts";
import { chromiumPath } from "./browser/chromium.ts";
import { openTestPage } from "./browser/testPage.ts";
import { canvas } from "./canvas.ts";

const root = join(import.meta.dirname, "..");
const main = ["--import", "tsx", "src/apps/cli/main.ts"];
const python = process.env.MPA_FER_PYTHON;
let folder: string;
let picture: Buffer;
/** [faces][C]: probabilities of the library */
let expected: number[][];
/** [faces, 3, S, S] of the same faces, and their number */
let pixels: Float32Array;
let side: number;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  const people = await Promise.all([1, 2, 3].map((person) => render(drawnFace(1, "test", person, "happiness"), 100)));
  picture = await canvas(
    640,
    240,
    people.map((drawn, i) => ({ picture: drawn, side: 100, left: 20 + 200 * i, top: 60 })),
  );
  await writeFile(join(folder, "picture.png"), picture);
  await run("export", "--out", join(folder, "faces.onnx"));
  await using fer = await ExpressionRecognizer.load({ threads: 1 });
  const prepared = await fer.prepare(picture);
  const [answers] = await fer.classify([prepared]);
  expected = answers.map(({ probabilities }) => Object.values(probabilities));
  pixels = Float32Array.from(prepared.faces.flatMap((face) => [...face.pixels]));
  side = Math.sqrt(prepared.faces[0].pixels.length / 3);
  expect(expected.length).toBeGreaterThanOrEqual(2);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = async (...argv: string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, [...main, ...argv, "--quiet"], { cwd: root })).stdout;

const probabilitiesOf = ([{ faces }]: readonly FilePrediction[]): number[][] =>
  faces.map(({ probabilities }) => Object.values(probabilities));

function expectSame(came: readonly (readonly number[])[]): void {
  const gaps = came.flatMap((row, f) => row.map((p, c) => Math.abs(p - expected[f][c])));
  expect(came.length).toBe(expected.length);
  expect(Math.max(...gaps)).toBeLessThan(1e-3);
}

it("the command line gives the result of the library", async () => {
  expectSame(probabilitiesOf(JSON.parse(await run("predict", join(folder, "picture.png"), "--json", "-"))));
});

it("the server gives the result of the library", async () => {
  const server = spawn(process.execPath, [...main, "serve", "--port", "0"], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  try {
    const [url] = await once(server.stdout, "data");
    const response = await fetch(`${String(url).trim()}api/predict`, { method: "POST", body: new Uint8Array(picture) });
    expectSame(probabilitiesOf(await response.json()));
  } finally {
    server.kill("SIGTERM");
    await once(server, "exit");
  }
});

describe.skipIf(chromiumPath === undefined)("in Chromium", () => {
  it("the browser library gives the result of the library in Node", async () => {
    const { page, close } = await openTestPage();
    try {
      const encoded = picture.toString("base64");
      const [faces] = await page.evaluate((given) => window.inBrowser.predict([given], true), encoded);
      expectSame(probabilitiesOf([{ file: "", faces }]));
    } finally {
      await close();
    }
  });

  it("the exported file gives the result of the library", async () => {
    const { page, close } = await openTestPage();
    try {
      const file = (await readFile(join(folder, "faces.onnx"))).toString("base64");
      const given = {
        file,
        pixels: Buffer.from(pixels.buffer).toString("base64"),
        shape: [expected.length, 3, side, side],
      };
      const flat = await page.evaluate((each) => window.inBrowser.exported(each.file, each.pixels, each.shape), given);
      expectSame(rowsOf(flat));
    } finally {
      await close();
    }
  });
});

const rowsOf = (flat: ArrayLike<number>) =>
  expected.map((row, f) => Array.from({ length: row.length }, (_, c) => flat[f * row.length + c]));

it("the exported file gives the same result for any batch size", async () => {
  const session = await InferenceSession.create(join(folder, "faces.onnx"));
  const all = new Tensor("float32", pixels, [expected.length, 3, side, side]);
  const { probabilities } = await session.run({ pixel_values: all });
  expectSame(rowsOf(Array.from(probabilities.data, Number)));
  const one = new Tensor("float32", pixels.slice(0, 3 * side * side), [1, 3, side, side]);
  const alone = await session.run({ pixel_values: one });
  for (const [c, p] of Array.from(alone.probabilities.data, Number).entries()) expect(p).toBeCloseTo(expected[0][c], 5);
});

if (python === undefined)
  console.warn("MPA_FER_PYTHON names no Python with onnxruntime: the exported file is not tried there");

it.skipIf(python === undefined)("the exported file gives the same result in Python", async () => {
  const raw = join(folder, "pixels.bin");
  await writeFile(raw, new Uint8Array(pixels.buffer));
  const script = [
    "import json, sys, numpy, onnxruntime",
    "session = onnxruntime.InferenceSession(sys.argv[1])",
    "pixels = numpy.fromfile(sys.argv[2], numpy.float32).reshape(-1, 3, int(sys.argv[3]), int(sys.argv[3]))",
    "metadata = session.get_modelmeta().custom_metadata_map",
    "rows = session.run(['probabilities'], {'pixel_values': pixels})[0]",
    "print(json.dumps({'classes': json.loads(metadata['classes']), 'rows': rows.tolist()}))",
  ].join("\n");
  const answer = JSON.parse(
    execFileSync(python ?? "", ["-c", script, join(folder, "faces.onnx"), raw, String(side)], { encoding: "utf8" }),
  );
  expectSame(answer.rows);
  expect(answer.classes).toEqual("neutral happiness surprise sadness anger disgust fear contempt".split(" "));
});
