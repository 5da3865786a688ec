/** Figures of groups of images. */

import { sliceHeads, sliceRows } from "../evaluation/sliceRows.ts";
import type { Slice } from "../evaluation/slices.ts";
import { html, type Markup } from "./markup.ts";
import { table } from "./tables.ts";

/** One table a column of metadata, and what its figures cannot say. */
export function sliceTables(slices: readonly Slice[]): Markup {
  const tables = slices.map((slice) => {
    const unknown = slice.unknown > 0 ? `; ${slice.unknown} images without a value` : "";
    return table({ caption: `${slice.column}${unknown}`, heads: sliceHeads, rows: sliceRows(slice) });
  });
  return html`${tables}<p>The intervals are Wilson’s, 95 %. Where two intervals overlap widely the groups may well not differ;
a group that is too small to tell has no figure.</p>`;
}
