/** A task that is not about faces: class names and a template of their own, from training to explanation. */
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drawnFolder } from "../../test/drawnFolder.ts";
import { writeTinyBackbone } from "../../test/tinyBackbone.ts";
import { openBackbone } from "../clip/backbone.node.ts";
import { readCheckpoint } from "../method/checkpoint.node.ts";
import { evaluate } from "./evaluate/evaluate.ts";
import { evaluateSchema } from "./evaluate/options.ts";
import { explainSetup } from "./explain/models.ts";
import { explainSchema } from "./explain/options.ts";
import { trainSchema } from "./options.ts";
import { train } from "./train/train.ts";

const template = "a photo of a {class}, a type of flower";
const flowers = { circle: "daisy", cross: "fire lily", square: "rose" };

let folder: string;
let shared: Record<string, unknown>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-flowers-"));
  const backbone = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { train: 3, valid: 2 });
  for (const split of ["train", "valid"]) {
    for (const [shape, flower] of Object.entries(flowers))
      await rename(join(data, split, shape), join(data, split, flower));
  }
  shared = { data, dataset: "folder", backbone, batchSize: 6, threads: 2 };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("trains on the template's hard prompts, which run.json and the checkpoint record", async () => {
  const out = join(folder, "run");
  await train(trainSchema.config.parse({ ...shared, template, epochs: 1, variant: "mpa", out }));
  const record = JSON.parse(await readFile(join(out, "run.json"), "utf8"));
  expect(record.config.template).toBe(template);
  expect(record.texts.hard).toEqual([
    "a photo of a daisy, a type of flower",
    "a photo of a fire lily, a type of flower",
    "a photo of a rose, a type of flower",
  ]);
  const backbone = await openBackbone(String(shared.backbone));
  const { config, classes } = await readCheckpoint(join(out, "best.safetensors"), backbone);
  expect([config.template, classes]).toEqual([template, ["daisy", "fire lily", "rose"]]);
  const setup = (given: object) => explainSetup(explainSchema.config.parse({ run: out, ...given }));
  expect((await setup({})).template).toBe(template);
  expect((await setup({ hardPrompt: 1 })).template).toBeUndefined();
  const notices: string[] = [];
  const trained = { ...shared, template, checkpoint: join(out, "best.safetensors") };
  await evaluate(evaluateSchema.config.parse(trained), { notice: (line) => notices.push(line) });
  expect(notices).toContainEqual(expect.stringContaining("the template is not used"));
});

it("classifies zero-shot with the template, and as before without", async () => {
  const scores = async (given: object) => {
    const { evaluation, scores } = await evaluate(evaluateSchema.config.parse({ ...shared, ...given }));
    expect(evaluation.classes).toEqual(["daisy", "fire lily", "rose"]);
    return scores.probabilities;
  };
  const photo = await scores({ hardPrompt: 1 });
  expect(await scores({ template: "a photo of {class}" })).toEqual(photo);
  expect(await scores({ template })).not.toEqual(photo);
});
