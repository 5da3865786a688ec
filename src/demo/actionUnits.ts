/**
 * The facial actions that a drawn face can show, by their numbers in the Facial Action Coding System (Ekman, Friesen &
 * Hager 2002). R and L are the side of the person drawn, so R is left in the picture.
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

/** The intensity of each action, from 0 (none) to 1 (the most there is). */
export type ActionUnits = Readonly<Record<ActionUnit, number>>;

/** All actions, 0 where nothing is given, and kept within 0 … 1. */
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

/** The side of the picture: −1 is left, where a face drawn from the front has its right half. */
export type Side = -1 | 1;

export const sides: readonly Side[] = [-1, 1];

/** What each half of the mouth and cheeks does. */
export function sideActions(units: ActionUnits, side: Side): { readonly AU12: number; readonly AU14: number } {
  return side < 0 ? { AU12: units.R12, AU14: units.R14 } : { AU12: units.L12, AU14: units.L14 };
}
