/** Prompts with a shared context under the names of other classes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drawnFolder } from "../../test/drawnFolder.ts";
import { writeTinyBackbone } from "../../test/tinyBackbone.ts";
import { trainSchema } from "../runs/options.ts";
import { train } from "../runs/train/train.ts";
import { defaultDescriptions } from "./hardPrompts.ts";
import { openModel } from "./model.node.ts";
import { withClasses } from "./newClasses.ts";

let folder: string;
let backbone: string;
const runtime = { threads: 2, provider: "cpu" };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-classes-"));
  backbone = await writeTinyBackbone(join(folder, "backbone"));
  await drawnFolder(join(folder, "data"), { train: 4, valid: 2 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function modelOf(context: "unified" | "class-specific", name: string = context) {
  const out = join(folder, name);
  const shared = { data: join(folder, "data"), dataset: "folder", variant: "coop", epochs: 1, threads: 2 };
  await train(trainSchema.config.parse({ ...shared, backbone, context, out }));
  const checkpoint = join(out, "best.safetensors");
  return openModel({ ...runtime, backbone, checkpoint, hardPrompt: 3, precision: "fp32" });
}

it("encodes the context before other names, and the own names as before", async () => {
  const model = await modelOf("unified");
  const width = model.theta.shape[1];
  const other = await withClasses(model, ["square", "star", "circle", "cross"], defaultDescriptions, runtime);
  expect(other.classes).toEqual(["square", "star", "circle", "cross"]);
  expect(other.theta.shape).toEqual([4, width]);
  expect(model.classes).toEqual(["circle", "cross", "square"]);
  const row = (of: typeof model, c: number) => [...of.theta.data.slice(c * width, (c + 1) * width)];
  for (const [own, now] of [
    [0, 2],
    [1, 3],
    [2, 0],
  ]) {
    for (const [i, value] of row(model, own).entries()) expect(row(other, now)[i]).toBeCloseTo(value, 5);
  }
  expect(row(other, 1)).not.toEqual(row(other, 0));
});

it("leaves an adjustment of the classes of before behind, and keeps the rest of the inference", async () => {
  const model = await modelOf("unified", "adjusted");
  if (model.checkpoint === undefined) throw new Error("no checkpoint");
  const inference = { temperature: 0.5, flip: true, adjustment: [1, 0, -1] };
  const adjusted = { ...model, checkpoint: { ...model.checkpoint, inference } };
  const other = await withClasses(adjusted, ["star", "circle"], defaultDescriptions, runtime);
  expect(other.inference).toEqual({ temperature: 0.5, flip: true, adjustment: undefined });
});

it("has nothing for other classes where each class has a context of its own", async () => {
  const model = await modelOf("class-specific");
  await expect(withClasses(model, ["star", "circle"], defaultDescriptions, runtime)).rejects.toMatchObject({
    code: "CHECKPOINT",
  });
});
