/** The baselines that a table can name. */
import { Registry } from "../../platform/registry.ts";
import type { Baseline } from "./baseline.ts";
import { linearProbe } from "./linearProbe.ts";
import { maple } from "./maple.ts";
import { promptSrc } from "./promptSrc.ts";
import { tipAdapter, tipAdapterF } from "./tipAdapter.ts";
import { zeroShot } from "./zeroShot.ts";

/** Registry of the baselines and those of plugins. */
export const baselines = new Registry<Baseline>("baseline", /^[a-z][\w-]*$/, [
  zeroShot,
  linearProbe,
  tipAdapter,
  tipAdapterF,
  maple,
  promptSrc,
]);
