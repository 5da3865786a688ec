/**
 * CoCoOp (Zhou et al., "Conditional Prompt Learning for Vision-Language Models", CVPR 2022, section 3.2) as a plugin: a small network turns
 * each image into a token that is added to the text prompts, so that the text encoder runs for every image.
 */
import type { BaselineTask, PluginDefinition, Tensor } from "mpa-fer/extend";

/**
 * Settings of the release from base to new classes (KaiyangZhou/CoOp, configs/trainers/CoCoOp/vit_b16_c4_ep10_batch1_ctxv1.yaml; momentum
 * and weight decay are Dassl's defaults).
 */
const settings = { tokens: 4, reduction: 16 };
const training = { lr: 0.002, epochs: 10, batchSize: 1, warmup: { epochs: 1, lr: 1e-5 } };
const momentum = { momentum: 0.9, weightDecay: 5e-4 };

/** v [M,T], and the meta-net W₁ [H,E], b₁ [H], W₂ [T,H], b₂ [T]. */
const names = ["context", "weight1", "bias1", "weight2", "bias2"];

const plugin: PluginDefinition = (tools) => {
  const { ops, constant, Random, learnTensors, textStart, promptTokens, embedTokens, textTower, imageTextLoss, sgd } =
    tools;
  const { abs, add, expand, matmul, reshape, scale } = ops;
  const relu = (x: Tensor) => scale(add(x, abs(x)), 0.5);

  /** The meta-net's token π(f) = W₂·ReLU(W₁·f + b₁) + b₂ of each image, [B,T]. */
  function metaNet(f: Tensor, [weight1, bias1, weight2, bias2]: readonly Tensor[]): Tensor {
    const layer = (x: Tensor, weight: Tensor, bias: Tensor) =>
      add(matmul(x, weight, { transB: true }), reshape(bias, [1, ...bias.shape]));
    return layer(relu(layer(f, weight1, bias1)), weight2, bias2);
  }

  /** Logits s·f·θ(f) [B,C] of f [B,E], where the texts of an image have the prompts v_m + π(f). */
  function conditioned(f: Tensor, task: BaselineTask, [context, ...net]: readonly Tensor[]): Tensor {
    const { clip, classes } = task;
    const [batch, joint] = f.shape;
    const [slots, width] = context.shape;
    const { length, ids, eot, truncated } = promptTokens(task, slots);
    // The texts of the first image, then those of the second, and so on.
    const each = <Value>(of: readonly Value[]) => Array.from({ length: batch }, () => of).flat();
    const tokens = { length, ids: each(ids), eot: each(eot), truncated };
    const own = add(reshape(metaNet(f, net), [batch, 1, 1, width]), reshape(context, [1, 1, slots, width]));
    const prompts = reshape(expand(own, [batch, classes.length, slots, width]), [batch * classes.length, slots, width]);
    const theta = textTower(clip, embedTokens(clip, tokens, prompts), tokens);
    const texts = reshape(theta, [batch, classes.length, joint]);
    const scores = matmul(reshape(f, [batch, 1, joint]), texts, { transB: true, alpha: clip.scale });
    return reshape(scores, [batch, classes.length]);
  }

  /** PyTorch's start of `nn.Linear`: uniform within ±1/√from. */
  function drawn(name: string, shape: readonly number[], from: number, seed: number) {
    const random = new Random("cocoop", name, seed);
    const bound = from ** -0.5;
    const length = shape.reduce((product, size) => product * size, 1);
    return { shape, data: Float32Array.from({ length }, () => random.uniform(-bound, bound)) };
  }

  return {
    name: "CoCoOp",
    baselines: [
      {
        name: "cocoop",
        async learn(inputs) {
          const { clip, seed } = inputs;
          const { jointWidth, text } = clip.config;
          const hidden = Math.floor(jointWidth / settings.reduction);
          const { words } = await textStart(inputs, settings.tokens);
          const tensors = await learnTensors(inputs, {
            ...{ name: "cocoop", source: "features", ...training, optimiser: sgd(momentum) },
            initial: {
              context: words,
              weight1: drawn("weight1", [hidden, jointWidth], jointWidth, seed),
              bias1: drawn("bias1", [hidden], jointWidth, seed),
              weight2: drawn("weight2", [text.width, hidden], hidden, seed),
              bias2: drawn("bias2", [text.width], hidden, seed),
            },
            loss: (learned, { images, target, weight }) => {
              const scores = conditioned(
                images,
                inputs,
                names.map((name) => learned[name]),
              );
              return imageTextLoss(scores, target, weight);
            },
          });
          const parameters = Object.values(tensors).reduce((sum, { data }) => sum + data.length, 0);
          return { tensors, settings: {}, parameters };
        },
        logits({ tensors }, global, task) {
          const fixed = names.map((name) => constant(tensors[name].data, tensors[name].shape));
          return conditioned(global, task, fixed);
        },
      },
    ],
  };
};
export default plugin;
