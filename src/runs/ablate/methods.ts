/** Methods that `ablate baselines` compares: baselines, and variants of prompt learning. */
import { baselines } from "../../method/baselines/baselines.ts";
import { variantNames } from "../../method/variants.ts";

/**
 * KgCoOp (Yao, Zhang and Xu, CVPR 2023) as options of `train`: CoOp with λ = 8 and a context of four tokens that the classes share.
 * What the table's options say of learning holds for it as for every variant.
 */
export const kgcoop = { variant: "coop", context: "unified", contextLength: 4, lossTerm: ["L_kg=8"] } as const;

/** Names of the methods whose cells are runs of `train`. */
export const promptMethods: readonly string[] = ["kgcoop", ...variantNames];

/** Names of all methods, those of plugins included. */
export const methodNames = (): readonly string[] => [...baselines.names, ...promptMethods];

/** Methods of the table unless `--methods` names others: those on frozen features, then those that learn prompts, the paper's last. */
export const defaultMethods: string[] = [
  ...["zero-shot", "linear-probe", "tip-adapter", "tip-adapter-f"],
  ...["coop", "kgcoop", "maple", "promptsrc", "mpa"],
];
