/**
 * CLIP-Adapter (Gao et al. 2021, section 3.2; IJCV 2023) as a plugin: a bottleneck of two layers on the frozen image features, blended
 * with them.
 */
import type { PluginDefinition, Tensor } from "mpa-fer/extend";

/**
 * Reduction and residual ratio of the release (gaopengcuhk/CLIP-Adapter, clip_adapter.py), which is trained by CoOp's command for ImageNet
 * (KaiyangZhou/CoOp, configs/trainers/CoOp/rn50_ep50.yaml; momentum and weight decay are Dassl's defaults).
 */
const settings = { reduction: 4, ratio: 0.2 };
const training = { lr: 0.002, epochs: 50, batchSize: 32, warmup: { epochs: 1, lr: 1e-5 } };
const momentum = { momentum: 0.9, weightDecay: 5e-4 };

const plugin: PluginDefinition = ({ ops, constant, Random, learnTensors, imageTextLoss, sgd }) => {
  const { abs, add, l2Normalise, matmul, scale } = ops;
  const relu = (x: Tensor) => scale(add(x, abs(x)), 0.5);

  /**
   * Logits s·f′·θ with f′ = α·ReLU(W₂·ReLU(W₁·f)) + (1 − α)·f, normalised; f [B,E], W₁ [H,E], W₂ [E,H], θ [C,E]. The release takes f before it is
   * normalised, which gives the same f′: without biases, the adapter of a multiple of f is that multiple of the adapter of f.
   */
  function adapted(f: Tensor, [down, up, theta]: readonly Tensor[], logitScale: number): Tensor {
    const hidden = relu(matmul(f, down, { transB: true }));
    const adapter = relu(matmul(hidden, up, { transB: true }));
    const blended = add(scale(adapter, settings.ratio), scale(f, 1 - settings.ratio));
    return matmul(l2Normalise(blended), theta, { transB: true, alpha: logitScale });
  }

  /** PyTorch's start of `nn.Linear`: uniform within ±1/√from. */
  function linear(to: number, from: number, seed: number) {
    const random = new Random("clip-adapter", to, from, seed);
    const bound = from ** -0.5;
    return { shape: [to, from], data: Float32Array.from({ length: to * from }, () => random.uniform(-bound, bound)) };
  }

  return {
    name: "CLIP-Adapter",
    baselines: [
      {
        name: "clip-adapter",
        async learn(inputs) {
          const { clip, theta, seed } = inputs;
          const width = clip.config.jointWidth;
          const hidden = Math.floor(width / settings.reduction);
          const texts = constant(theta.data, theta.shape);
          const learned = await learnTensors(inputs, {
            ...{ name: "clip-adapter", source: "features", ...training, optimiser: sgd(momentum) },
            initial: { down: linear(hidden, width, seed), up: linear(width, hidden, seed) },
            loss: ({ down, up }, { images, target, weight }) =>
              imageTextLoss(adapted(images, [down, up, texts], clip.scale), target, weight),
          });
          return { tensors: { ...learned, theta }, settings: { scale: clip.scale }, parameters: 2 * width * hidden };
        },
        logits({ tensors: { down, up, theta }, settings: { scale } }, global) {
          const fixed = [down, up, theta].map(({ data, shape }) => constant(data, shape));
          return adapted(global, fixed, scale);
        },
      },
    ],
  };
};
export default plugin;
