/** On which images the best epoch is chosen; what that makes of its figure is said wherever the figure stands. */
import type { SplitName } from "./sample.ts";

/** `valid` unless the paper's protocol was asked for. */
export type SelectionSplit = Extract<SplitName, "valid" | "test">;

export const selectionSplit = (paperProtocol: boolean): SelectionSplit => (paperProtocol ? "test" : "valid");

/** What stands beside a figure of the paper's protocol: on the console, in `run.json`, in tables and reports. */
export const paperProtocolLabel = "paper protocol: the best epoch was chosen on the test split itself";

/** The label of a run whose epoch was chosen on this split; nothing for validation. */
export const selectionLabel = (selection: SelectionSplit): string | undefined =>
  selection === "test" ? paperProtocolLabel : undefined;
