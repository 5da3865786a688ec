/** Methods that `ablate baselines` compares: baselines on frozen features, and variants of prompt learning. */
import { baselines } from "../../method/baselines/baselines.ts";
import { variantNames } from "../../method/variants.ts";

/**
 * KgCoOp (Yao, Zhang and Xu, CVPR 2023) as options of `train`: CoOp with λ = 8 (section 4) and a context of four tokens that the classes share.
 * What the table's options say of learning holds for it as for every variant.
 */
export const kgcoop = { variant: "coop", context: "unified", contextLength: 4, lossTerm: ["L_kg=8"] } as const;

/** Names of all methods. */
export const methodNames: readonly string[] = [...baselines.names, "kgcoop", ...variantNames];

/** Methods of the table unless `--methods` names others, from the one that learns nothing to the paper's. */
export const defaultMethods: string[] = [...baselines.names, "coop", "kgcoop", "mpa"];
