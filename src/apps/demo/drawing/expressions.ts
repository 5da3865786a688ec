/** Facial actions of a drawn face, and the expressions as combinations of them. */
import type { FerClass } from "../../../data/sample.ts";
import type { Random } from "../../../platform/random.ts";

/**
 * Facial actions of a drawn face, by their numbers in the Facial Action Coding System (Ekman, Friesen & Hager 2002).
 * R and L are the person's own side, so R is on the left of the picture.
 */
export const actionUnitNames = [
  "AU1",
  "AU2",
  "AU4",
  "AU5",
  "AU6",
  "AU7",
  "AU9",
  "AU10",
  "R12",
  "L12",
  "R14",
  "L14",
  "AU15",
  "AU17",
  "AU20",
  "AU23",
  "AU24",
  "AU25",
  "AU26",
  "AU27",
] as const;

export type ActionUnit = (typeof actionUnitNames)[number];

/** Intensity of each action, from 0 (absent) to 1 (maximum). */
export type ActionUnits = Readonly<Record<ActionUnit, number>>;

/** Intensities of all actions: 0 for those not given, clamped to 0 … 1. */
export function actionUnits(given: Partial<ActionUnits> = {}): ActionUnits {
  const at = (name: ActionUnit) => Math.min(1, Math.max(0, given[name] ?? 0));
  return {
    AU1: at("AU1"),
    AU2: at("AU2"),
    AU4: at("AU4"),
    AU5: at("AU5"),
    AU6: at("AU6"),
    AU7: at("AU7"),
    AU9: at("AU9"),
    AU10: at("AU10"),
    R12: at("R12"),
    L12: at("L12"),
    R14: at("R14"),
    L14: at("L14"),
    AU15: at("AU15"),
    AU17: at("AU17"),
    AU20: at("AU20"),
    AU23: at("AU23"),
    AU24: at("AU24"),
    AU25: at("AU25"),
    AU26: at("AU26"),
    AU27: at("AU27"),
  };
}

/** Side of the picture: −1 is left, which is the right half of a face seen from the front. */
export type Side = -1 | 1;

export const sides: readonly Side[] = [-1, 1];

/** Actions of one half of the mouth and cheeks. */
export function sideActions(units: ActionUnits, side: Side): { readonly AU12: number; readonly AU14: number } {
  return side < 0 ? { AU12: units.R12, AU14: units.R14 } : { AU12: units.L12, AU14: units.L14 };
}

type Prototype = Partial<ActionUnits>;

/** Prototypes of each class after EMFACS (Ekman, Irwin & Rosenberg 1994); actions that are not named are absent. */
export const prototypes: Readonly<Record<FerClass, readonly Prototype[]>> = {
  neutral: [{}],
  happiness: [
    { AU6: 0.7, R12: 0.9, L12: 0.9, AU25: 0.8 },
    { AU6: 0.6, R12: 0.75, L12: 0.75 },
    { AU6: 0.9, R12: 1, L12: 1, AU25: 1, AU26: 0.45 },
  ],
  surprise: [
    { AU1: 0.9, AU2: 0.9, AU5: 0.75, AU25: 0.6, AU26: 0.8 },
    { AU1: 1, AU2: 1, AU5: 0.9, AU25: 0.8, AU27: 0.7 },
  ],
  sadness: [
    { AU1: 0.85, AU4: 0.7, AU15: 0.85, AU17: 0.6 },
    { AU1: 0.9, AU4: 0.6, AU15: 0.8 },
    { AU1: 0.7, AU4: 0.9, AU15: 1, AU17: 0.9, AU7: 0.3 },
  ],
  anger: [
    { AU4: 1, AU5: 0.6, AU7: 0.7, AU23: 0.8, AU24: 0.6 },
    { AU4: 1, AU5: 0.5, AU7: 0.6, AU10: 0.6, AU20: 0.3, AU25: 0.9, AU26: 0.4 },
    { AU4: 1, AU5: 0.4, AU7: 0.7, AU9: 0.3, AU10: 0.7, AU25: 0.9, AU26: 0.9 },
    { AU4: 1, AU7: 0.8, AU24: 0.9, AU17: 0.4 },
  ],
  disgust: [
    { AU9: 0.9, AU10: 0.7, AU15: 0.4, AU17: 0.5, AU4: 0.3 },
    { AU9: 1, AU10: 0.9, AU25: 0.5, AU7: 0.4, AU4: 0.3 },
    { AU9: 0.6, AU10: 1, AU15: 0.6, AU17: 0.6 },
  ],
  fear: [
    { AU1: 0.9, AU2: 0.6, AU4: 0.7, AU5: 0.9, AU7: 0.4, AU20: 0.8, AU25: 0.7 },
    { AU1: 0.9, AU2: 0.7, AU4: 0.8, AU5: 1, AU7: 0.3, AU20: 0.9, AU25: 0.8, AU26: 0.5 },
  ],
  contempt: [
    { R12: 0.6, R14: 0.9 },
    { L12: 0.6, L14: 0.9 },
  ],
};

/** Draws one face of a class: a scaled prototype, sometimes with an action missing or an extra one. */
export function drawActionUnits(name: FerClass, random: Random): ActionUnits {
  const ways = prototypes[name];
  const way = ways[random.integer(ways.length)];
  const strength = random.uniform(0.75, 1.15);
  const missing = random.uniform() < 0.2 ? random.integer(Object.keys(way).length + 1) : -1;
  const extra = random.uniform() < 0.3 ? extras[random.integer(extras.length)] : undefined;
  const given: Record<string, number> = {};
  let place = 0;
  for (const unit of actionUnitNames) {
    const base = way[unit] ?? 0;
    // Each face draws the same number of random values, so that one action's presence does not change the others.
    const noise = random.normal() * 0.1;
    const idle = Math.abs(random.normal()) * 0.05;
    const present = base > 0 && place++ !== missing;
    given[unit] = present ? base * strength + noise : idle;
  }
  if (extra !== undefined) given[extra] = Math.max(given[extra], random.uniform(0.15, 0.4));
  return actionUnits(given);
}

/** Actions that may be added. A dropped jaw is excluded, as it would turn the face into another expression. */
const extras = actionUnitNames.filter((unit) => unit !== "AU26" && unit !== "AU27");
