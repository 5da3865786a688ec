/** Structure of training graphs: no gradients for frozen, absent or unused tensors. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { fixtures } from "../../test/parity.ts";
import { openBackbone } from "../clip/backbone.node.ts";
import { tokenTable } from "../clip/textTower.ts";
import { topologicalOrder } from "../graph/gradient.ts";
import type { Node } from "../graph/tensor.ts";
import { type TrainingSpec, trainingGraph } from "./graphs.ts";
import { promptShapes } from "./prompts.ts";

async function nodesOf(visualPrompts: number): Promise<readonly Node[]> {
  const { clip, tokenizer } = await openBackbone(join(fixtures, "tiny-clip"));
  const classes = ["calm", "glad"];
  const prompts = { classes: classes.length, context: "class-specific", contextLength: 4, visualPrompts } as const;
  const spec: TrainingSpec = {
    soft: tokenTable(tokenizer, classes, clip.config.text.contextLength, 4),
    shapes: promptShapes(clip.config, prompts),
    classes: classes.length,
    topK: 0,
    source: "pixels",
    beta: 0,
    gamma: 0,
    prototypeLoss: "cosine",
    tau: 1,
  };
  return topologicalOrder(Object.values(trainingGraph(clip, 3, spec)));
}

/** Linear layers that read a weight of this name: once forward, once more where a gradient passes. */
const readers = (nodes: readonly Node[], weight: RegExp): number =>
  nodes.filter(({ inputs }) => inputs.some(({ node: { leaf } }) => leaf?.kind === "weight" && weight.test(leaf.name)))
    .length;

const visionLayer = (layer: number, part: string) =>
  new RegExp(`^vision_model\\.encoder\\.layers\\.${layer}\\.${part}`);

it("has no image backward pass without visual prompts", async () => {
  const nodes = await nodesOf(0);
  for (const layer of [0, 1, 2]) {
    expect(readers(nodes, visionLayer(layer, "mlp\\.fc1\\.weight"))).toBe(1);
    expect(readers(nodes, visionLayer(layer, "self_attn\\.q_proj\\.weight"))).toBe(1);
  }
  expect(readers(nodes, /^text_model\.encoder\.layers\.0\.mlp\.fc1\.weight/)).toBe(2);
});

it("differentiates down to the first layer's prompts, but not its queries or the pixels", async () => {
  const nodes = await nodesOf(2);
  // The queries of the first layer lead to no prompt; those of the others do.
  expect(readers(nodes, visionLayer(0, "self_attn\\.q_proj\\.weight"))).toBe(1);
  expect(readers(nodes, visionLayer(1, "self_attn\\.q_proj\\.weight"))).toBe(2);
  // Keys: of the tokens and of the prompts forwards; backwards to the prompts alone in the first layer, to both above.
  expect(readers(nodes, visionLayer(0, "self_attn\\.k_proj\\.weight"))).toBe(3);
  expect(readers(nodes, visionLayer(1, "self_attn\\.k_proj\\.weight"))).toBe(4);
  expect(readers(nodes, /patch_embedding/)).toBe(1);
});

it("has no gradient of the shape of a frozen weight", async () => {
  const nodes = await nodesOf(2);
  const weights = new Set(
    nodes.filter(({ leaf }) => leaf?.kind === "weight").map(({ outputs: [w] }) => String(w.shape)),
  );
  const products = nodes.filter(({ operator }) => operator === "matmul").map(({ outputs: [w] }) => String(w.shape));
  expect(products.filter((shape) => weights.has(shape))).toEqual([]);
});
