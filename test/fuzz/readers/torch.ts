/** Readers of PyTorch files: the pickle and the archive around it, converted to a `CLIPModel` folder. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { convert } from "../../../src/clip/convert/convert.node.ts";
import { readPickle } from "../../../src/clip/convert/pickle.ts";
import { openTorchArchive } from "../../../src/clip/convert/torchArchive.node.ts";
import { headExtremes, jsonExtremes, pickleExtremes } from "../extremes.ts";
import { op, pickle as program, statePickle } from "../pickles.ts";
import { type Reader, utf8 } from "../reader.ts";
import { storedZip } from "../storedZip.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/convert");
const tokens = [
  "cposix\nsystem\n",
  "ctorch._utils\n_rebuild_tensor_v2\n",
  "ctorch\nFloatStorage\n",
  "ccollections\nOrderedDict\n",
  "c__torch__\nx\n",
  ...[
    "}",
    "]",
    ")",
    "(",
    "R",
    "b",
    "u",
    "e",
    "s",
    "a",
    "Q",
    "\x81",
    "\x93",
    "q\0",
    "h\0",
    "t",
    "\x85",
    "\x86",
    "\x87",
    ".",
  ],
];
const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** Sequences of opcodes and words of the format. */
const programs = fc
  .array(
    fc.oneof(
      fc.constantFrom(...tokens).map(latin),
      fc.integer({ min: 0, max: 255 }).map((code) => [code]),
    ),
    {
      maxLength: 60,
    },
  )
  .map((parts) => Uint8Array.from([0x80, 2, ...parts.flatMap((part) => [...part]), 0x2e]));

export const pickles: Reader = {
  name: "pickle",
  open: async () => ({
    seeds: [{ file: "data.pkl", bytes: statePickle() }],
    tokens,
    generated: { file: "data.pkl", bytes: programs },
    extremes: pickleExtremes("data.pkl"),
    read: async ({ bytes }) => readPickle(bytes, "data.pkl"),
  }),
};

export const torchArchives: Reader = {
  name: "torch archive",
  async open(folder) {
    const pickle = statePickle();
    const around = (bytes: Uint8Array) =>
      storedZip({
        "m/data.pkl": bytes,
        "m/byteorder": utf8("little"),
        "m/data/0": new Uint8Array(24),
        "m/version": utf8("3"),
      });
    return {
      seeds: [
        { file: "small.pt", bytes: around(pickle) },
        { file: "data.pkl", bytes: pickle },
      ],
      tokens: [...tokens, "PK\x01\x02", "PK\x03\x04", "PK\x05\x06", "m/data/0", "m/data/../../x", "big"],
      generated: { file: "data.pkl", bytes: programs },
      extremes: [
        {
          ...{ name: "keys of a dictionary in itself", file: "data.pkl", most: 10 },
          make: (count) =>
            program(
              [...op.emptyDict, ...op.put(0)],
              ...Array.from({ length: count }, (_, i) => [...op.text(`${i}`.repeat(1000)), ...op.get(0), 0x73]),
            ),
        },
        {
          ...{ name: "levels of dictionaries that hold the next ten times", file: "data.pkl", most: 30 },
          make: (count) =>
            program(
              [...op.emptyDict, ...op.put(0)],
              ...Array.from({ length: count }, (_, i) => [
                ...[...op.emptyDict, ...op.mark],
                ...Array.from({ length: 10 }, (_, k) => [...op.text(`${k}`.repeat(500)), ...op.get(i)]).flat(),
                ...[...op.setItems, ...op.put(i + 1)],
              ]),
            ),
        },
        ...[60_000, 16_000].map((most) => ({
          ...{ name: "entries", file: "small.pt", most },
          make: (count: number) =>
            storedZip([
              ["m/data.pkl", pickle],
              ...Array.from({ length: count }, (_, i) => [`m/data/${i}`, new Uint8Array(4)] as const),
            ]),
        })),
        {
          ...{ name: "letters of an entry's name", file: "small.pt", most: 60_000 },
          make: (count) =>
            storedZip([
              ["m/data.pkl", pickle],
              ...Array.from({ length: 200 }, (_, i) => [`${i}${"x".repeat(count)}`, new Uint8Array(4)] as const),
            ]),
        },
      ],
      read: async ({ file, bytes }) => {
        // A mutated pickle is put into a valid archive, so that it is read.
        const path = join(folder, "small.pt");
        if (file === "data.pkl") await writeFile(path, around(bytes));
        try {
          const archive = await openTorchArchive(path);
          try {
            for (const tensor of archive.tensors.values()) await tensor.read();
          } finally {
            archive.close();
          }
        } finally {
          if (file === "data.pkl") await writeFile(path, around(pickle));
        }
      },
    };
  },
};

export const conversions: Reader = {
  name: "conversion",
  async open(folder) {
    const read = async (file: string) => ({ file, bytes: await readFile(join(fixtures, file)) });
    for (const file of ["vocab.json", "merges.txt"]) await writeFile(join(folder, file), (await read(file)).bytes);
    return {
      seeds: await Promise.all(["openclip.safetensors", "open_clip_config.json"].map(read)),
      extremes: [
        ...jsonExtremes("open_clip_config.json"),
        ...headExtremes("openclip.safetensors"),
        ...jsonExtremes("open_clip_config.json", ['{"model_cfg":{"embed_dim":24,"vision_cfg":{},"text_cfg":', "}}"]),
      ],
      tokens: [
        '"quick_gelu": true',
        '"pool_type": "avg"',
        '"eps": 0',
        "null",
        "resblocks.99999999999",
        "visual.conv1.weight",
        '"shape":[',
        "head_width",
        "BF16",
      ],
      read: async () => {
        const out = join(folder, "out");
        await rm(out, { recursive: true, force: true });
        await convert({ file: join(folder, "openclip.safetensors"), out });
      },
    };
  },
};
