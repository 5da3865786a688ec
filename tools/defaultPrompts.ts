/**
 * Writes the prompts that `predict` takes by default, `models/faceclip-mini/prompts.safetensors`:
 *
 *   npx tsx tools/defaultPrompts.ts
 *
 * They are the text features of hard prompt 3, with a mirrored read and a temperature that is above the one fitted in
 * docs/records/photographs.json (0.78): other photographs are read less well than faces that the backbone learned from. Surprise, sadness
 * and anger get an adjustment of their logits, since they are often read as neutral; the same record has what others would do.
 */
import { openBackbone } from "../src/clip/backbone.node.ts";
import { defaultBackbone } from "../src/clip/backbone.ts";
import { ferClasses } from "../src/data/sample.ts";
import { encodeCheckpoint } from "../src/method/checkpoint.ts";
import { defaultDescriptions } from "../src/method/hardPrompts.ts";
import { zeroShotModel } from "../src/method/promptedModel.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";

const temperature = 0.85;
const adjustment = ferClasses.map((name) => (["surprise", "sadness", "anger"].includes(name) ? 0.3 : 0));

const backbone = await openBackbone(defaultBackbone);
const { name, sha256, clip } = backbone;
const zeroShot = { classes: ferClasses, hardPrompt: 3, descriptions: defaultDescriptions } as const;
const { theta } = await zeroShotModel(backbone, zeroShot, { threads: 1, provider: "cpu" });
const file = `models/${defaultBackbone}/prompts.safetensors`;
await writeFileAtomic(
  file,
  encodeCheckpoint({
    ...{ prompts: {}, theta, classes: ferClasses, backbone: { name, sha256 } },
    inference: { temperature, flip: true, adjustment },
    config: {
      ...{ context: "class-specific", softText: "class-name", hardPrompt: 3, visualPrompts: 0, topK: 0 },
      ...{ beta: 0, gamma: 0, prototypeLoss: "cosine", tau: 1 / clip.scale },
    },
  }),
);
process.stdout.write(`${file}\n`);
