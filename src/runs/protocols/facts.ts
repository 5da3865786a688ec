/** What tables and figures of a protocol are made of, and how they name it. */
import type { AblationResult } from "../ablate/ablate.ts";
import type { ProtocolName } from "./options.ts";
import type { ProtocolRow, SummaryFigure } from "./results.ts";

/** Titles of the protocols. */
export const protocolTitles: Readonly<Record<ProtocolName, string>> = {
  "few-shot": "Few-shot learning",
  "base-to-new": "From base to new classes",
  "cross-data": "Across data sets",
  "leave-one-class-out": "Classes left out",
  "k-fold": "Cross-validation",
};

/** What the tables and figures of a protocol are made of. */
export interface ProtocolFacts extends Pick<AblationResult, "split" | "seeds"> {
  readonly protocol: ProtocolName;
  readonly rows: readonly ProtocolRow[];
  readonly summary: readonly SummaryFigure[];
  /** caveat of the paper's protocol, which every table and caption states */
  readonly caveat?: string | undefined;
}

/** A cell of a mean with its standard deviation. */
export const estimate = ({ mean, sd }: { readonly mean: number; readonly sd?: number | undefined }) => ({
  value: mean,
  sd,
});

/** Names what the values are means of, for captions. */
export const spreadText = (seeds: readonly number[]): string =>
  seeds.length > 1 ? `mean ± standard deviation over seeds ${seeds.join(", ")}` : `seed ${seeds[0]}`;
