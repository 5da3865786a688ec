import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { parseClipPreprocess } from "../clip/preprocess.ts";
import type { RgbImage } from "../pictures/image.ts";
import { MpaError } from "../platform/errors.ts";
import { Random } from "../platform/random.ts";
import type { DetectedFace, Point } from "./face.ts";
import { ExpressionRecognizer } from "./recognizer.node.ts";
import {
  type FacePrediction,
  type FaceReadingOptions,
  maxPicturesInWork,
  type PreparedPicture,
  Recognizer,
} from "./recognizer.ts";
import { predictEach } from "./stream.ts";

const side = 8;
const classes = ["a", "b"];
const cells = 32;

/** A picture of grey squares, each of which is one face; a face's grey is who it is. */
type Crowd = readonly number[];

/** A grey with which a picture cannot be decoded. */
const unreadable = -1;

function picture(greys: Crowd): RgbImage {
  const width = cells * Math.max(1, greys.length);
  const data = new Uint8Array(3 * width * cells);
  for (let i = 0; i < data.length; i++) data[i] = greys[Math.floor(((i / 3) % width) / cells)] ?? 0;
  return { width, height: cells, data };
}

/** Landmarks within one square, so small that the aligned face shows nothing of the next. */
function square(i: number): DetectedFace {
  const at = (x: number, y: number): Point => [cells * (i + 0.5) + 6 * (x - 0.5), cells / 2 + 6 * (y - 0.5)];
  const landmarks = [at(0.3, 0.4), at(0.7, 0.4), at(0.5, 0.6), at(0.35, 0.75), at(0.65, 0.75)] as const;
  return { box: [cells * i, 0, cells, cells], score: 0.9, landmarks };
}

/** Says of each face its grey: the probability of `a` is grey / 255. */
function recognizer(batch: number, reading: FaceReadingOptions = {}) {
  const preprocess = parseClipPreprocess({ do_normalize: false, size: side, crop_size: side }, side, "here");
  const sizes: number[] = [];
  const seen = { held: 0, most: 0, decoded: 0, freed: 0 };
  const fer = new Recognizer<Crowd>({
    model: { classes, backbone: { name: "none", sha256: "" } },
    preprocess,
    ...reading,
    classifier: {
      batch,
      form: "pixels",
      classify: async (pixels, n) => {
        sizes.push(n);
        const grey = (i: number) => pixels[i * 3 * side * side + 9];
        return Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === 0 ? grey(i / 2) : 1 - grey((i - 1) / 2)));
      },
      dispose: async () => void seen.freed++,
    },
    detector: {
      detect: async ({ width, data }) => {
        await wait(1);
        seen.held--;
        return Array.from({ length: width / cells }, (_, i) => i)
          .filter((i) => data[3 * cells * i] > 0)
          .map(square);
      },
      dispose: async () => void seen.freed++,
    },
    decode: async (crowd) => {
      if (crowd.includes(unreadable)) throw new MpaError("IMAGE", "no picture");
      seen.decoded++;
      seen.most = Math.max(seen.most, ++seen.held);
      return picture(crowd);
    },
  });
  return { fer, sizes, seen };
}

describe("faces of many pictures in shared batches", () => {
  it("are assigned to the right image and face", async () => {
    const random = new Random("crowds", 1);
    for (let trial = 0; trial < 100; trial++) {
      const crowds = Array.from({ length: 1 + random.integer(7) }, () =>
        Array.from({ length: random.integer(6) }, () => 1 + random.integer(255)),
      );
      const { fer, sizes } = recognizer(1 + random.integer(9));
      const prepared = await Promise.all(crowds.map((crowd) => fer.prepare(crowd)));
      const answers = await fer.classify(prepared);
      const greys = answers.map((faces) => faces.map(({ probabilities }) => Math.round(255 * probabilities.a)));
      expect(greys).toEqual(crowds);
      const places = answers.map((faces) => faces.map(({ box }) => box[0] / cells));
      expect(places).toEqual(crowds.map((crowd) => crowd.map((_, i) => i)));
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(crowds.flat().length);
    }
  });

  it("fill their batches", async () => {
    const { fer, sizes } = recognizer(4);
    const prepared = await Promise.all([[1, 2, 3], [], [4, 5, 6, 7], [8, 9]].map((crowd) => fer.prepare(crowd)));
    await fer.classify(prepared);
    expect(sizes).toEqual([4, 4, 1]);
  });
});

describe("pictures one after another", () => {
  const read = async (fer: Recognizer<Crowd>, crowds: readonly (Crowd | undefined)[], batchSize: number) => {
    async function* sources() {
      for (const [name, image] of crowds.entries()) yield { name, image };
    }
    const greysOf = (faces: readonly FacePrediction[]) =>
      faces.map(({ probabilities }) => Math.round(255 * probabilities.a));
    const answer = ({ name }: { name: number }, { failure }: PreparedPicture, faces: readonly FacePrediction[]) => {
      return { name, greys: greysOf(faces), ...(failure !== undefined && { failure }) };
    };
    const answers = [];
    for await (const one of predictEach(fer, sources(), answer, { batchSize })) answers.push(one);
    return answers;
  };

  it("are answered in order, each with its source, in batches that are full by pictures or by faces", async () => {
    const { fer, sizes, seen } = recognizer(9);
    const crowds = [[1, 2], [3, 4, 5], undefined, [], [6], [7, 8]];
    expect(await read(fer, crowds, 4)).toEqual(crowds.map((greys, name) => ({ name, greys: greys ?? [] })));
    expect(sizes).toEqual([5, 3]);
    expect(seen.most).toBeLessThanOrEqual(maxPicturesInWork);
  });

  it("go on after one that cannot be read, and stop at any other failure", async () => {
    const { fer } = recognizer(9);
    expect(await read(fer, [[1], [unreadable], [2]], 8)).toEqual([
      { name: 0, greys: [1] },
      { name: 1, greys: [], failure: "no picture" },
      { name: 2, greys: [2] },
    ]);
    await fer.dispose();
    await expect(read(fer, [[1]], 8)).rejects.toMatchObject({ code: "USAGE" });
  });
});

it("treats the image as one face without detection", async () => {
  const { fer } = recognizer(2);
  const [face, ...more] = await fer.predict([51], { detect: false });
  expect(more).toEqual([]);
  expect(face).toMatchObject({ box: [0, 0, cells, cells], label: "b" });
  expect(face.probabilities.a).toBeCloseTo(0.2, 6);
  expect(face.detection).toBeUndefined();
});

it("aligns a face by known landmarks without detection", async () => {
  const { fer } = recognizer(2);
  const crowd = [30, 60, 90];
  const [, second] = await fer.predict(crowd);
  const { faces } = await fer.prepare(crowd, { landmarks: square(1).landmarks });
  const { faces: found } = await fer.prepare(crowd);
  expect(faces.map(({ pixels }) => pixels)).toEqual([found[1].pixels]);
  expect(faces[0].box.map((value) => Math.round(10 * value) / 10)).toEqual([46.8, 15.4, 2.4, 2.1]);
  const [[again]] = await fer.classify([{ width: 0, height: 0, faces }]);
  expect(again).toEqual({ ...second, box: faces[0].box, detection: undefined });
});

describe("a careful recognizer", () => {
  it("reads five crops of each face, in full batches", async () => {
    const { fer, sizes } = recognizer(4, { careful: true });
    const answers = await fer.classify([await fer.prepare([30, 200]), await fer.prepare([]), await fer.prepare([90])]);
    expect(sizes).toEqual([4, 4, 4, 3]);
    const greys = answers.map((faces) => faces.map(({ probabilities }) => Math.round(255 * probabilities.a)));
    expect(greys).toEqual([[30, 200], [], [90]]);
  });

  it("averages the logits of crops that differ", async () => {
    const { fer } = recognizer(8, { careful: true });
    const { faces } = await fer.prepare([51], { detect: false });
    const [{ pixels, otherCrops = [] }] = faces;
    expect([pixels, ...otherCrops].map((crop) => crop.length)).toEqual([192, 192, 192, 192, 192]);
    const brighter = otherCrops.map((crop, i) => crop.map((value) => value + 0.1 * i));
    const [[face]] = await fer.classify([{ width: 0, height: 0, faces: [{ ...faces[0], otherCrops: brighter }] }]);
    const logits = [0.2, 0.2, 0.3, 0.4, 0.5].map((p) => Math.log(p / (1 - p)));
    const mean = logits.reduce((sum, value) => sum + value, 0) / 5;
    expect(face.probabilities.a).toBeCloseTo(1 / (1 + Math.exp(-mean)), 5);
  });
});

it("marks labels below the threshold as not confident", async () => {
  const greys = [20, 127, 178, 230];
  const confident = async (reading: FaceReadingOptions) =>
    (await recognizer(4, reading).fer.predict(greys)).map((face) => face.confident);
  expect(await confident({})).toEqual([true, true, true, true]);
  expect(await confident({ unsureBelow: 0.75 })).toEqual([true, false, false, true]);
});

it("throws USAGE without an explainer, and for an unknown face or class", async () => {
  const { fer } = recognizer(2);
  const prepared = await fer.prepare([51, 52]);
  await expect(fer.explain(prepared, 0, "a")).rejects.toThrow("without an explainer");
  await expect(fer.explain(prepared, 2, "a")).rejects.toThrow("the picture has no such face");
  await expect(fer.explain(prepared, 0, "c")).rejects.toThrow("there is no class c. Fix: name one of a, b");
});

it("stops on abort", async () => {
  const { fer } = recognizer(2);
  await expect(fer.predict([51], { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
});

describe("many calls at once", () => {
  it("hold few pictures at a time, and each call has its own answer", async () => {
    const { fer, seen } = recognizer(4);
    const crowds = Array.from({ length: 40 }, (_, i) => [5 * (i + 1)]);
    const answers = await Promise.all(crowds.map((crowd) => fer.predict(crowd)));
    expect(answers.map(([face]) => [Math.round(255 * face.probabilities.a)])).toEqual(crowds);
    expect(seen).toMatchObject({ most: maxPicturesInWork, decoded: 40 });
  });

  it("can be aborted one by one while they wait", async () => {
    const { fer, seen } = recognizer(4);
    const stop = new AbortController();
    const first = Array.from({ length: maxPicturesInWork }, () => fer.predict([51]));
    const waiting = fer.predict([52], { signal: stop.signal });
    const last = fer.predict([53]);
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(await Promise.all([...first, last])).toHaveLength(maxPicturesInWork + 1);
    expect(seen.decoded).toBe(maxPicturesInWork + 1);
  });
});

describe("dispose", () => {
  it("finishes the calls that came before it, frees once, and refuses those that come after it", async () => {
    const { fer, seen } = recognizer(4);
    const running = Array.from({ length: 5 }, () => fer.predict([51]));
    await Promise.all([fer.dispose(), fer.dispose()]);
    expect((await Promise.all(running)).map((faces) => faces.length)).toEqual([1, 1, 1, 1, 1]);
    const used = { code: "USAGE", message: expect.stringContaining("the recognizer is used after it was disposed of") };
    await expect(fer.predict([51])).rejects.toMatchObject(used);
    await expect(fer.prepare([51])).rejects.toMatchObject(used);
    await expect(fer.classify([])).rejects.toMatchObject(used);
    await expect(fer.explain({ width: 0, height: 0, faces: [] }, 0, "a")).rejects.toMatchObject(used);
    await fer[Symbol.asyncDispose]();
    expect(seen).toMatchObject({ decoded: 5, freed: 2 });
  });
});

describe("options that do not exist", () => {
  it("are refused by predict, with the nearest", async () => {
    const { fer } = recognizer(2);
    const predict = (options: unknown): Promise<unknown> => Reflect.apply(fer.predict, fer, [[51], options]);
    await expect(predict({ detct: false })).rejects.toMatchObject({
      code: "USAGE",
      message: "predict has no option detct, did you mean detect?",
    });
    await expect(predict(null)).rejects.toMatchObject({ code: "USAGE" });
  });

  it("are refused by load, with the nearest", async () => {
    const load = (options: unknown): Promise<unknown> =>
      Reflect.apply(ExpressionRecognizer.load, ExpressionRecognizer, [options]);
    await expect(load({ thraeds: 1 })).rejects.toMatchObject({
      code: "USAGE",
      message: "ExpressionRecognizer.load has no option thraeds, did you mean threads?",
    });
    await expect(load({ threads: "many" })).rejects.toMatchObject({ code: "USAGE" });
    await expect(load(5)).rejects.toMatchObject({ code: "USAGE" });
  });
});
