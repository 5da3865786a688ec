/** `doctor --data`: what is in a data set, and what is wrong with it. */
import { createHash } from "node:crypto";
import { availableParallelism, cpus, totalmem } from "node:os";
import { openBackbone } from "../../clip/backbone.node.ts";
import { defaultBackbone } from "../../clip/backbone.ts";
import { imagePath } from "../../data/dataset.node.ts";
import { loadSplit } from "../../data/datasets.node.ts";
import { cutToBox } from "../../data/images.node.ts";
import { type Split, splitNames } from "../../data/sample.ts";
import { adapterOf } from "../../graph/runtime/adapter.node.ts";
import { checkProviders, type ProviderCheck } from "../../graph/runtime/providerCheck.node.ts";
import { decodeImage } from "../../pictures/decode.node.ts";
import { inColour } from "../../pictures/image.ts";
import { contextOf, eachOnce, type ProgressTask, type RunContext } from "../../platform/context.ts";
import { isFailure, MpaError, messageOf, throwIfStopped } from "../../platform/errors.ts";
import { versions } from "../../platform/package.node.ts";
import { type Duplicate, differenceHash, type Fingerprint, findDuplicates } from "./duplicates.ts";
import type { DoctorConfig } from "./options.ts";

export interface SplitCheck {
  readonly split: string;
  readonly images: number;
  readonly counts: Readonly<Record<string, number>>;
  /** rows that have no class, or that the label rule dropped */
  readonly leftOut: number;
  /** the same by what they are */
  readonly leftOutBy: Readonly<Record<string, number>>;
  /** files in the split's folders that are no pictures that are read here, by kind */
  readonly passedOver: Readonly<Record<string, number>>;
  /** images of the largest class for one of the smallest */
  readonly imbalance: number;
  readonly unreadable: readonly { readonly file: string; readonly message: string }[];
}

export interface DatasetCheck {
  readonly splits: readonly SplitCheck[];
  /** splits that are not there, and why */
  readonly missing: readonly { readonly split: string; readonly reason: string }[];
  /** what was read otherwise than it is written, left out or passed over, a line each */
  readonly notices: readonly string[];
  readonly duplicates: readonly Duplicate[];
  /** duplicates between two splits: what was learned is then scored */
  readonly acrossSplits: number;
  /** duplicates with two labels: one of them is wrong */
  readonly contradictions: number;
}

/** Reads every picture of every split, the test split's as well: it looks for leaks and scores nothing. Throws DATASET. */
export async function checkDataset(
  { data, dataset, labelRule }: Required<Pick<DoctorConfig, "data" | "dataset" | "labelRule">>,
  context: RunContext = {},
): Promise<DatasetCheck> {
  const loaded: Split[] = [];
  const missing: { split: string; reason: string }[] = [];
  const notices: string[] = [];
  const notice = eachOnce((line) => notices.push(line));
  for (const split of splitNames) {
    try {
      loaded.push(await loadSplit(dataset, data, split, { labelRule, notice }));
    } catch (error) {
      if (!isFailure(error, "DATASET")) throw error;
      missing.push({ split, reason: messageOf(error) });
    }
  }
  if (loaded.length === 0) throw new MpaError("DATASET", `no split can be read (${missing[0].reason})`);
  const { progress } = contextOf(context);
  const total = loaded.reduce((sum, { samples }) => sum + samples.length, 0);
  const task = progress.start({ label: "looking at pictures", total, unit: "images" });
  const prints: Fingerprint[] = [];
  const splits: SplitCheck[] = [];
  for (const split of loaded) splits.push(await checkSplit(split, prints, task, context.signal));
  task.finish();
  const duplicates = findDuplicates(prints);
  return {
    splits,
    missing,
    notices,
    duplicates,
    acrossSplits: duplicates.filter(({ first, second }) => first.split !== second.split).length,
    contradictions: duplicates.filter(({ first, second }) => first.label !== second.label).length,
  };
}

/** Pictures that are decoded at once. */
const together = 16;

async function checkSplit(
  split: Split,
  prints: Fingerprint[],
  task: ProgressTask,
  signal?: AbortSignal,
): Promise<SplitCheck> {
  const { name, classes, samples, leftOut, leftOutBy = {}, passedOver = {} } = split;
  const unreadable: { file: string; message: string }[] = [];
  for (let from = 0; from < samples.length; from += together) {
    throwIfStopped(signal, "stopped before every picture was looked at");
    const part = samples.slice(from, from + together);
    const results = await Promise.all(part.map((_, i) => fingerprint(split, from + i)));
    for (const [i, result] of results.entries()) {
      if ("sha256" in result) prints.push(result);
      else unreadable.push({ file: part[i].file, message: result.message });
    }
    task.update(prints.length + unreadable.length);
  }
  const counts = Object.fromEntries(
    classes.map((each, c) => [each, samples.filter(({ label }) => label === c).length]),
  );
  const sizes = Object.values(counts);
  const imbalance = Math.max(...sizes) / Math.max(1, Math.min(...sizes));
  return { split: name, images: samples.length, counts, leftOut, leftOutBy, passedOver, imbalance, unreadable };
}

async function fingerprint(split: Split, index: number): Promise<Fingerprint | { readonly message: string }> {
  const { file, label, box, grey } = split.samples[index];
  try {
    const whole = grey ? inColour(grey) : await decodeImage(await imagePath(split, file), file);
    const image = cutToBox(whole, box, file);
    const sha256 = createHash("sha256").update(`${image.width}×${image.height}`).update(image.data).digest("hex");
    return { split: split.name, file, label: split.classes[label], sha256, hash: differenceHash(image) };
  } catch (error) {
    if (isFailure(error, "IMAGE")) return { message: messageOf(error) };
    throw error;
  }
}

/* `doctor` without data: what this machine can run. */

export interface MachineCheck {
  readonly versions: Readonly<Record<string, string>>;
  readonly processor: string;
  readonly threads: number;
  readonly memoryGb: number;
  readonly freeMemoryGb: number;
  /** of ONNX Runtime, those that a session opened and ran with */
  readonly providers: readonly string[];
  /** names of the graphics adapters of those among them that use one, as far as they can be found out */
  readonly adapters: Readonly<Record<string, string>>;
  /** those that it was compiled with beside them, and what each lacks */
  readonly unusableProviders: readonly { readonly provider: string; readonly missing: string }[];
  /** the embedded backbone, opened and checked */
  readonly backbone: { readonly name: string; readonly sha256: string };
}

export async function checkMachine(): Promise<MachineCheck> {
  const { name, sha256 } = await openBackbone(defaultBackbone);
  const checks = await checkProviders();
  const gigabytes = (bytes: number) => Math.round(bytes / 1e8) / 10;
  return {
    versions: versions(),
    processor: cpus()[0]?.model ?? "unknown",
    threads: availableParallelism(),
    memoryGb: gigabytes(totalmem()),
    freeMemoryGb: gigabytes(process.availableMemory()),
    ...sorted(checks),
    adapters: await adaptersOf(checks),
    backbone: { name, sha256 },
  };
}

async function adaptersOf(checks: readonly ProviderCheck[]): Promise<Readonly<Record<string, string>>> {
  const names: Record<string, string> = {};
  for (const { provider, missing } of checks) {
    const name = missing === undefined ? await adapterOf(provider) : undefined;
    if (name !== undefined) names[provider] = name;
  }
  return names;
}

const sorted = (checks: readonly ProviderCheck[]): Pick<MachineCheck, "providers" | "unusableProviders"> => ({
  providers: checks.flatMap(({ provider, missing }) => (missing === undefined ? [provider] : [])),
  unusableProviders: checks.flatMap(({ provider, missing }) => (missing === undefined ? [] : [{ provider, missing }])),
});
