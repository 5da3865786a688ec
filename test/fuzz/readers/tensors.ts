/** Readers of safetensors files: weights, checkpoints and resume files. */
import { join } from "node:path";
import fc from "fast-check";
import { openBackbone } from "../../../src/clip/backbone.node.ts";
import type { Backbone } from "../../../src/clip/backbone.ts";
import { writeSafetensors } from "../../../src/clip/safetensors.ts";
import { openWeightFile, readTensorFile } from "../../../src/clip/weights.node.ts";
import { encodeResume, readCheckpoint, readResume } from "../../../src/method/checkpoint.node.ts";
import { encodeCheckpoint } from "../../../src/method/checkpoint.ts";
import { initialState } from "../../../src/method/fit.ts";
import { sgd } from "../../../src/method/optimiser.ts";
import { initialPrompts, promptShapes } from "../../../src/method/prompts.ts";
import { MpaError } from "../../../src/platform/errors.ts";
import { type Extreme, headExtremes, withHead } from "../extremes.ts";
import { mutated } from "../mutations.ts";
import { type Reader, utf8 } from "../reader.ts";

const tinyClip = join(import.meta.dirname, "../../fixtures/tiny-clip");
const tokens = [
  '"dtype"',
  '"shape":[',
  '"data_offsets":[',
  "F16",
  "BF16",
  "F64",
  "I64",
  '"__metadata__":{',
  "__proto__",
];

const values = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((product, d) => product * d, 1) }, (_, i) => i / 7),
});

/** Headers with arbitrary valid and nearly valid entries, followed by data. */
const heads = fc
  .tuple(
    fc.dictionary(
      fc.oneof(fc.constantFrom("a", "b", "__metadata__", "__proto__", "constructor"), fc.string({ maxLength: 4 })),
      fc.record(
        {
          dtype: fc.constantFrom("F32", "F16", "BF16", "F64", "I64", "F8", "constructor"),
          shape: fc.array(fc.oneof(fc.nat({ max: 4 }), fc.maxSafeInteger()), { maxLength: 5 }),
          data_offsets: fc.array(fc.oneof(fc.nat({ max: 64 }), fc.maxSafeInteger()), { maxLength: 3 }),
        },
        { requiredKeys: [] },
      ),
      { maxKeys: 4 },
    ),
    fc.uint8Array({ maxLength: 64 }),
  )
  .map(([record, data]) => withHead(utf8(JSON.stringify(record)), data));

/** The file with a changed header of the correct length. */
function changedHeads(file: Uint8Array): fc.Arbitrary<Uint8Array> {
  const end = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
  return mutated(file.subarray(8, end), tokens).map((json) => withHead(json, file.subarray(end)));
}

const few = writeSafetensors(
  new Map([
    ["a", values(2, 3)],
    ["b", values(5)],
  ]),
  { k: "v" },
);

export const safetensors: Reader = {
  name: "safetensors",
  open: async (folder) => ({
    seeds: [
      { file: "few.safetensors", bytes: few },
      { file: "none.safetensors", bytes: writeSafetensors(new Map(), {}) },
    ],
    tokens,
    generated: { file: "few.safetensors", bytes: fc.oneof(heads, changedHeads(few)) },
    extremes: headExtremes("few.safetensors"),
    read: async ({ file }) => {
      await readTensorFile(join(folder, file));
      const weights = await openWeightFile(join(folder, file));
      for (const name of [...weights.header.tensors.keys()].slice(0, 100)) await weights.values(name);
    },
  }),
};

/** Checkpoint with a metadata field of many elements. */
const metadataExtreme =
  (name: string, key: string, most: number, value: (count: number) => string) =>
  (file: Uint8Array): Extreme => ({
    ...{ name, file: "best.safetensors", most },
    make: (count) => {
      const end = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true));
      const head = JSON.parse(new TextDecoder().decode(file.subarray(8, end)));
      head.__metadata__[key] = value(count);
      return withHead(utf8(JSON.stringify(head)), file.subarray(end));
    },
  });

async function openTiny(): Promise<{ readonly backbone: Backbone; readonly shapes: ReturnType<typeof promptShapes> }> {
  const backbone = await openBackbone(tinyClip);
  const options = { classes: 2, context: "class-specific", contextLength: 2, visualPrompts: 1 } as const;
  return { backbone, shapes: promptShapes(backbone.clip.config, options) };
}

export const checkpoints: Reader = {
  name: "checkpoint",
  async open(folder) {
    const { backbone, shapes } = await openTiny();
    const { sha256, clip } = backbone;
    const bytes = encodeCheckpoint({
      prompts: initialPrompts(shapes, 1),
      theta: values(2, clip.config.jointWidth),
      classes: ["anger", "fear"],
      config: {
        ...{ context: "class-specific", softText: "class-name", hardPrompt: 2, visualPrompts: 1, topK: 0 },
        ...{ beta: 0, gamma: 0, prototypeLoss: "cosine", tau: 0.01 },
      },
      backbone: { name: "tiny-clip", sha256 },
    });
    return {
      seeds: [{ file: "best.safetensors", bytes }],
      generated: { file: "best.safetensors", bytes: changedHeads(bytes) },
      extremes: [
        metadataExtreme("classes", "classes", 600_000, (count) => JSON.stringify(Array(count).fill("x"))),
        metadataExtreme("other classes", "classes", 300_000, (count) =>
          JSON.stringify(Array.from({ length: count }, (_, i) => i.toString(36))),
        ),
        metadataExtreme("other classes that are just allowed", "classes", 9_000, (count) =>
          JSON.stringify(Array.from({ length: count }, (_, i) => i.toString(36))),
        ),
        metadataExtreme("letters of a class", "classes", 6_000_000, (count) =>
          JSON.stringify(["x".repeat(count), "y"]),
        ),
        metadataExtreme("control characters of a class", "classes", 500_000, (count) =>
          JSON.stringify(["\u001b".repeat(count), "y"]),
        ),
        metadataExtreme("objects", "config", 2_000_000, (count) => `[${"{},".repeat(count)}{}]`),
        metadataExtreme("lists in lists", "backbone", 1_000_000, (count) => "[".repeat(count)),
        metadataExtreme("letters of a backbone", "backbone", 6_000_000, (count) =>
          JSON.stringify({ name: "x".repeat(count), sha256: "0" }),
        ),
      ].map((extreme) => extreme(bytes)),
      tokens: [...tokens, "text.context", "vision.prompts", "class-specific", "unified", "\\u0000"],
      read: ({ file }) => readCheckpoint(join(folder, file), backbone),
    };
  },
};

export const resumeFiles: Reader = {
  name: "resume",
  async open(folder) {
    const { shapes } = await openTiny();
    const prompts = initialPrompts(shapes, 1);
    const optimiser = sgd({ momentum: 0.9, weightDecay: 0 });
    const bytes = encodeResume(initialState(prompts, optimiser), { fingerprint: "print", microBatch: 4 });
    return {
      seeds: [{ file: "resume.safetensors", bytes }],
      generated: { file: "resume.safetensors", bytes: changedHeads(bytes) },
      tokens: [...tokens, "momentum.text.context", "progress", "fingerprint", "microBatch", '{"step":'],
      read: ({ file }) => readResume(join(folder, file), prompts, requirePrint),
    };
  },
};

async function requirePrint(found: string): Promise<void> {
  if (found !== "print") throw new MpaError("CHECKPOINT", "the run was started with other settings");
}
