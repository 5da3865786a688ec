/**
 * The paper's variants (Table 1; docs/method.md, All together). All other code sees only the resolved settings: a component
 * that is off is 0 and is not built.
 */

import { namesOf } from "../platform/registry.ts";

/** Components of the method. */
export interface Parts {
  readonly visualPrompts: boolean;
  readonly prototypes: boolean;
  readonly softHard: boolean;
  readonly local: boolean;
}

/** Enabled components of each variant. */
export const variants = {
  coop: { visualPrompts: false, prototypes: false, softHard: false, local: false },
  "+vp": { visualPrompts: true, prototypes: false, softHard: false, local: false },
  "+proto": { visualPrompts: true, prototypes: true, softHard: false, local: false },
  "+spa": { visualPrompts: true, prototypes: true, softHard: true, local: false },
  mpa: { visualPrompts: true, prototypes: true, softHard: true, local: true },
} as const satisfies Readonly<Record<string, Parts>>;

export type Variant = keyof typeof variants;
/** Variant names in the order of the paper's Table 1, from CoOp to the full method. */
export const variantNames = namesOf(variants);

/** The option that sets each component, and its value in the paper (section 4, Implementation Details). */
export const partOptions = {
  visualPrompts: { option: "visualPrompts", amount: 8, name: "visual prompts" },
  prototypes: { option: "gamma", amount: 1, name: "prototype alignment" },
  softHard: { option: "beta", amount: 1, name: "soft-hard alignment" },
  local: { option: "topK", amount: 16, name: "local alignment" },
} as const satisfies Readonly<Record<keyof Parts, object>>;

/** A variant with explicit component settings; absent ones default to the paper's values. */
export interface PartsRequest {
  readonly variant: Variant;
  readonly visualPrompts?: number | undefined;
  readonly topK?: number | undefined;
  readonly beta?: number | undefined;
  readonly gamma?: number | undefined;
}

/** Settings of all components; 0 turns a component off. */
export interface ResolvedParts {
  /** P, visual prompts per layer */
  readonly visualPrompts: number;
  /** k, local features per class */
  readonly topK: number;
  /** weight of L_t */
  readonly beta: number;
  /** weight of L_v */
  readonly gamma: number;
}

/** Resolves the settings of a variant. A component that the variant lacks is 0 even if requested; see `contradictions`. */
export function resolveParts(request: PartsRequest): ResolvedParts {
  return {
    visualPrompts: amountOf("visualPrompts", request),
    topK: amountOf("local", request),
    beta: amountOf("softHard", request),
    gamma: amountOf("prototypes", request),
  };
}

/** A setting that the variant does not allow. */
export interface Contradiction {
  readonly option: "visualPrompts" | "topK" | "beta" | "gamma";
  /** message text that follows the option and its value */
  readonly message: string;
}

/** Nonzero settings of components that the variant lacks. */
export function contradictions(request: PartsRequest): Contradiction[] {
  return partNames
    .filter((part) => !variants[request.variant][part] && (request[partOptions[part].option] ?? 0) !== 0)
    .map((part) => {
      const { option, name } = partOptions[part];
      return { option, message: `must be 0 or left out with --variant ${request.variant}, which has no ${name}` };
    });
}

const partNames = namesOf(partOptions);

function amountOf(part: keyof Parts, request: PartsRequest): number {
  const { option, amount } = partOptions[part];
  return variants[request.variant][part] ? (request[option] ?? amount) : 0;
}
