/** Alternatives that a user would run instead, as commands that speak the protocol of `peer.ts`. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { precisions } from "../src/clip/options.node.ts";

export type Mode = "train" | "predict";
export type Precision = Exclude<(typeof precisions)[number], "fp16">;

/** Precisions that a processor has, on which this is measured. */
export const processorPrecisions = precisions.filter((precision): precision is Precision => precision !== "fp16");
/** At prediction `coop` uses CLIP's plain image tower, as its prompts are in the text only. */
export type Variant = "mpa" | "coop";

export interface PeerSetup {
  readonly python: string;
  /** folder of the backbone */
  readonly backbone: string;
  /** safetensors file with the initial prompts */
  readonly init: string;
  readonly threads: number;
  /** folder in which `@huggingface/transformers` is installed, and the output of `export_vision.py` */
  readonly transformersJs?: { readonly folder: string; readonly model: string };
}

export interface PeerProgram {
  readonly name: string;
  readonly command: readonly string[];
  /** the peer implements our prompts, losses and top-k, so its values must agree with ours */
  readonly isSameWork: boolean;
  /** our workloads that are compared with it */
  readonly variants: readonly Variant[];
  /** required ratio */
  readonly bar: number;
}

/** Peers without visual prompts and patches: `coop` is the equivalent workload, and the whole method does more. */
const ofPlainTower = { isSameWork: false, variants: ["mpa", "coop"] } as const;

const bars = {
  train: { fp32: 1.35, "fp32-strassen": 1.35, int8: 1.6 },
  predict: { fp32: 1.15, "fp32-strassen": 1.15, int8: 1.6 },
} as const;

export async function peersOf(
  mode: Mode,
  precision: Precision,
  batch: number,
  setup: PeerSetup,
): Promise<PeerProgram[]> {
  const { python, backbone, init, threads } = setup;
  const theirs = precision === "int8" ? "bf16" : "fp32";
  const bar = bars[mode][precision];
  const shared = ["--batch-size", `${batch}`, "--threads", `${threads}`, "--precision", theirs];
  const torch = (name: string, flags: readonly string[]): PeerProgram => ({
    name: `pytorch ${theirs} ${name}`,
    command: [
      python,
      script("train_step.py"),
      "--backbone",
      backbone,
      "--init",
      init,
      "--mode",
      mode,
      "--serve",
      ...shared,
      ...flags,
    ],
    isSameWork: precision !== "int8",
    variants: ["mpa"],
    bar,
  });
  const same = [torch("eager", []), torch("compile", ["--compile"])];
  if (mode === "train") return same;
  const openClip = {
    name: `open_clip ${theirs}`,
    command: [python, script("open_clip_step.py"), ...shared],
    ...ofPlainTower,
    bar,
  };
  return [...same, openClip, ...(await transformersJs(precision, batch, setup))];
}

async function transformersJs(
  precision: Precision,
  batch: number,
  { transformersJs: at, threads }: PeerSetup,
): Promise<PeerProgram[]> {
  if (at === undefined) return [];
  // Node resolves an import relative to the importing file.
  const program = join(at.folder, "transformers_js.mjs");
  await copyFile(script("transformers_js.mjs"), program);
  const type = precision === "int8" ? "q8" : "fp32";
  const command = [process.execPath, program, at.model, type, `${batch}`, `${threads}`];
  return [{ name: `transformers.js ${type}`, command, ...ofPlainTower, bar: precision === "int8" ? 1.1 : 1.15 }];
}

const script = (name: string): string => fileURLToPath(new URL(`peers/${name}`, import.meta.url));
