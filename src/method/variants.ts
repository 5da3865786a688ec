/**
 * The paper's variants as data (Table 1; docs/method.md, All together). Nothing else knows a variant by its name:
 * a part that is absent is a 0, and what is 0 is not built.
 */

import { namesOf } from "../platform/registry.ts";

export interface Parts {
  readonly visualPrompts: boolean;
  readonly prototypes: boolean;
  readonly softHard: boolean;
  readonly local: boolean;
}

export const variants = {
  coop: { visualPrompts: false, prototypes: false, softHard: false, local: false },
  "+vp": { visualPrompts: true, prototypes: false, softHard: false, local: false },
  "+proto": { visualPrompts: true, prototypes: true, softHard: false, local: false },
  "+spa": { visualPrompts: true, prototypes: true, softHard: true, local: false },
  mpa: { visualPrompts: true, prototypes: true, softHard: true, local: true },
} as const satisfies Readonly<Record<string, Parts>>;

export type Variant = keyof typeof variants;
/** The rows of the paper's Table 1, from CoOp's soft prompts to the whole method. */
export const variantNames = namesOf(variants);

/** The option that says how much of a part there is, and the paper's amount (section 4, Implementation Details). */
export const partOptions = {
  visualPrompts: { option: "visualPrompts", amount: 8, name: "visual prompts" },
  prototypes: { option: "gamma", amount: 1, name: "prototype alignment" },
  softHard: { option: "beta", amount: 1, name: "soft-hard alignment" },
  local: { option: "topK", amount: 16, name: "local alignment" },
} as const satisfies Readonly<Record<keyof Parts, object>>;

/** A variant and the amounts that were asked for; a missing amount is the paper's. */
export interface PartsRequest {
  readonly variant: Variant;
  readonly visualPrompts?: number | undefined;
  readonly topK?: number | undefined;
  readonly beta?: number | undefined;
  readonly gamma?: number | undefined;
}

/** How much there is of each part; 0 is none of it. */
export interface ResolvedParts {
  /** P, tokens a layer */
  readonly visualPrompts: number;
  /** k, local features kept */
  readonly topK: number;
  /** weight of L_t */
  readonly beta: number;
  /** weight of L_v */
  readonly gamma: number;
}

/** The amounts of a variant's parts. A part that the variant lacks is 0 whatever was asked; `contradictions` tells. */
export function resolveParts(request: PartsRequest): ResolvedParts {
  return {
    visualPrompts: amountOf("visualPrompts", request),
    topK: amountOf("local", request),
    beta: amountOf("softHard", request),
    gamma: amountOf("prototypes", request),
  };
}

export interface Contradiction {
  readonly option: "visualPrompts" | "topK" | "beta" | "gamma";
  /** stands after the option and its value */
  readonly message: string;
}

/** Amounts that were asked for of parts that the variant lacks. */
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
