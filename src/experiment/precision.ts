/** The arithmetic of the frozen towers (`--precision`). */
import type { Precision } from "../config/runOptions.ts";
import type { Backbone } from "../model/backbone.ts";
import { openBackbone } from "../model/openBackbone.ts";
import { pairedClip } from "../model/pairs.ts";
import type { RunContext } from "../runContext.ts";

/**
 * Opens a backbone for single precision, with its image tower's products by Strassen's scheme, or with that tower in eight bits.
 * Throws as `openBackbone` does, and WRITE.
 */
export async function openBackboneIn(precision: Precision, name: string, context: RunContext): Promise<Backbone> {
  const backbone = await openBackbone(name, context);
  if (precision === "fp32") return backbone;
  if (precision === "fp32-strassen") {
    const clip = pairedClip(backbone.clip);
    if (!clip.isPaired) {
      context.notice?.(`${name}'s image tower is too narrow to gain by fp32-strassen: plain single precision it is`);
    }
    return { ...backbone, clip };
  }
  const { int8Backbone } = await import("../model/int8Backbone.ts");
  return int8Backbone(backbone, context);
}
