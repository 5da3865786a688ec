/** The operators. */

export * from "./activation.ts";
export { attention } from "./attention.ts";
export { expand, reduceSum, reshape, sameShape } from "./broadcast.ts";
export * from "./elementwise.ts";
export * from "./int8.ts";
export * from "./layout.ts";
export { type LinearFactors, linear, matmul } from "./matmul.ts";
export * from "./normalisation.ts";
export { clamp, floor } from "./rounding.ts";
export { gatherRows, topK } from "./selection.ts";
export { type Blocks2x2, strassen } from "./strassen.ts";
