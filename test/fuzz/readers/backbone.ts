/** The small files of a backbone folder: configuration, preprocessing, tokenizer. */
import { copyFile, readFile } from "node:fs/promises";
import { join } from "node:path";
import { loadTokenizer, openBackbone } from "../../../src/clip/backbone.node.ts";
import { preprocess } from "../../../src/clip/preprocess.ts";
import { type Reader, type Seed, utf8 } from "../reader.ts";

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
      read: async ({ file }) => {
        const tokenizer = await loadTokenizer(join(folder, file.split("/")[0]));
        tokenizer.tokenize("A photo of a face's 12 expressions, angry — ab", 16);
      },
    };
  },
};
