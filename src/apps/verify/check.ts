/** Checks of a backbone: what was expected and what was found. */

/** `unknown`: nothing is published or known that the finding could be compared with. */
export type CheckState = "ok" | "failed" | "unknown";

/** One check. */
export interface Check {
  readonly check: string;
  readonly expected: string;
  readonly found: string;
  readonly state: CheckState;
}

/** A check of a fact that is known. */
export const compared = (check: string, expected: string, found: string, isOk = expected === found): Check => ({
  ...{ check, expected, found },
  state: isOk ? "ok" : "failed",
});

/** A finding without a known value to compare it with; `expected` says why there is none. */
export const unknown = (check: string, expected: string, found: string): Check => ({
  ...{ check, expected, found },
  state: "unknown",
});
