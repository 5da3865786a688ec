/** Readers of backbone folders: configuration, preprocessing, tokenizer, and sharded and pickled weights. */
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { loadTokenizer, openBackbone } from "../../../src/clip/backbone.node.ts";
import { preprocess } from "../../../src/clip/preprocess.ts";
import { readTensorFile } from "../../../src/clip/weights.node.ts";
import { inParts, pickled, singleFile } from "../../weightParts.ts";
import { jsonExtremes, manyKeys, repeated, withHead } from "../extremes.ts";
import { type Reader, type Seed, utf8 } from "../reader.ts";
import { storedZip } from "../storedZip.ts";

const fixtures = join(import.meta.dirname, "../../fixtures");
const seedsOf = (folder: string, files: readonly string[]): Promise<Seed[]> =>
  Promise.all(files.map(async (file) => ({ file, bytes: await readFile(join(folder, file)) })));

export const backboneConfigs: Reader = {
  name: "config.json",
  async open(folder) {
    const from = join(fixtures, "tiny-clip");
    for (const file of ["model.safetensors", "vocab.json", "merges.txt"]) {
      await copyFile(join(from, file), join(folder, file));
    }
    return {
      seeds: await seedsOf(from, ["config.json", "preprocessor_config.json"]),
      tokens: [
        '"shortest_edge"',
        '"height"',
        '"text_config"',
        '"do_resize": false',
        '"num_hidden_layers"',
        '"crop_size"',
      ],
      extremes: [
        ...jsonExtremes("config.json"),
        ...jsonExtremes("config.json", ['{"model_type":"clip","vision_config":{},"text_config":', "}"]),
        ...jsonExtremes("preprocessor_config.json"),
      ],
      read: async () => {
        const { preprocess: how } = await openBackbone(folder);
        const picture = { width: 30, height: 20, data: new Uint8Array(30 * 20 * 3) };
        preprocess(picture, how, new Float32Array(3 * how.imageSize ** 2), 0);
      },
    };
  },
};

export const tokenizers: Reader = {
  name: "tokenizer",
  async open(folder) {
    const whole = await seedsOf(join(fixtures, "tiny-clip-gelu-fp16"), ["tokenizer.json", "tokenizer_config.json"]);
    const split = await seedsOf(join(fixtures, "tiny-clip"), ["vocab.json", "merges.txt"]);
    const special = { "<|startoftext|>": 1, "<|endoftext|>": 2, a: 0 };
    const small = {
      added_tokens: [{ id: 3, content: "<x>" }],
      model: { vocab: { ...special, "<x>": 3, b: 4, ab: 5 }, merges: ["a b"] },
    };
    const inFolder = (name: string, seeds: readonly Seed[]) =>
      seeds.map(({ file, bytes }) => ({ file: `${name}/${file}`, bytes }));
    return {
      seeds: [
        ...inFolder("whole", whole),
        ...inFolder("split", split),
        ...inFolder("small", [
          { file: "tokenizer.json", bytes: utf8(JSON.stringify(small)) },
          { file: "tokenizer_config.json", bytes: utf8('{"pad_token":{"content":"<x>"}}') },
        ]),
      ],
      tokens: [
        "</w>",
        "<|endoftext|>",
        '"pad_token"',
        '"merges":[',
        '"vocab":{',
        "__proto__",
        "(a+)+$",
        "\\ud800",
        "\n",
      ],
      extremes: [
        ...jsonExtremes("small/tokenizer.json"),
        ...jsonExtremes("small/tokenizer.json", ['{"model":{"merges":[],"vocab":', "}}"]),
        ...jsonExtremes("small/tokenizer.json", ['{"model":{"vocab":{},"merges":', "}}"]),
        ...[190_000, 390_000, 2_000_000].map((most) =>
          manyKeys("small/tokenizer.json", most, "7", ['{"model":{"merges":[],"vocab":', "}}"]),
        ),
        manyKeys("split/vocab.json", 195_000, "7"),
        {
          ...{ name: "merges", file: "split/merges.txt", most: 15_000_000 },
          make: (count) => repeated(count, utf8("a b\n"), utf8(""), utf8("")),
        },
        {
          ...{ name: "merges that are just allowed", file: "split/merges.txt", most: 490_000 },
          make: (count) => repeated(count, utf8("a b\n"), utf8(""), utf8("")),
        },
        {
          ...{ name: "words of a merge", file: "split/merges.txt", most: 8_000_000 },
          make: (count) => repeated(count, utf8("a "), utf8(""), utf8("")),
        },
      ],
      read: async ({ file }) => {
        const tokenizer = await loadTokenizer(join(folder, file.split("/")[0]));
        tokenizer.tokenize("A photo of a face's 12 expressions, angry — ab", 16);
      },
    };
  },
};

const indexFile = "model.safetensors.index.json";
const [first, second] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

/** Folders with sharded and with pickled weights. */
export const modelFolders: Reader = {
  name: "model folder",
  async open(folder) {
    // Converted weights are cached in the user's cache folder.
    process.env.XDG_CACHE_HOME = join(folder, "cache");
    for (const kind of ["parts", "pickled"]) {
      await mkdir(join(folder, kind));
      for (const file of ["config.json", "vocab.json", "merges.txt"]) {
        await copyFile(join(fixtures, "tiny-clip", file), join(folder, kind, file));
      }
    }
    const { tensors } = await readTensorFile(join(fixtures, "tiny-clip/model.safetensors"));
    const parts = Object.entries(inParts(tensors, ["model", ".safetensors"], singleFile));
    const seeds = parts.map(([file, bytes]) => ({ file: `parts/${file}`, bytes }));
    return {
      seeds: [...seeds, { file: "pickled/pytorch_model.bin", bytes: pickled(tensors) }],
      tokens: [
        '"weight_map":{',
        `"${first}"`,
        `"${second}"`,
        '"../config.json"',
        "__proto__",
        "logit_scale",
        "F16",
        "I64",
      ],
      extremes: [
        ...jsonExtremes(`parts/${indexFile}`),
        ...jsonExtremes(`parts/${indexFile}`, ['{"weight_map":', "}"]),
        manyKeys(`parts/${indexFile}`, 19_000, `"${first}"`, ['{"weight_map":', "}"]),
        {
          ...{ name: "tensors", file: `parts/${first}`, most: 140_000 },
          make: (count) =>
            withHead(
              manyKeys("", count, '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}').make(count),
              new Uint8Array(),
            ),
        },
        {
          ...{ name: "entries", file: "pickled/pytorch_model.bin", most: 60_000 },
          make: (count) =>
            storedZip(Array.from({ length: count }, (_, i) => [`m/data/${i}`, new Uint8Array(4)] as const)),
        },
      ],
      read: async ({ file }) => {
        await rm(join(folder, "cache"), { recursive: true, force: true });
        await openBackbone(join(folder, dirname(file)));
      },
    };
  },
};
