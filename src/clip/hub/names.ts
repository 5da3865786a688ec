/** Model names on the Hugging Face hub, and the files of a repository that a backbone needs. */

export interface HubName {
  /** "openai/clip-vit-base-patch16" */
  readonly repo: string;
  /** a branch, a tag or a commit */
  readonly revision: string;
}

/** `ORG/NAME` or `ORG/NAME@REVISION`; undefined for anything else, such as a path. */
export function parseHubName(text: string): HubName | undefined {
  const [, repo, revision = "main"] = text.match(/^([\w-][\w.-]*\/[\w-][\w.-]*)(?:@([\w./-]+))?$/) ?? [];
  if (repo === undefined || /\.\.|--/.test(repo) || /(^|\/)\.\.?(\/|$)/.test(revision)) return undefined;
  return { repo, revision };
}

/** `hub:ORG/NAME` or `hub:ORG/NAME@REVISION`: trained prompts on the hub; undefined for anything else, such as a file. */
export const parseHubPrompts = (text: string): HubName | undefined =>
  text.startsWith(hubPrefix) ? parseHubName(text.slice(hubPrefix.length)) : undefined;

export const hubPrefix = "hub:";

/** Weight files in the order of preference of transformers; all but the first are converted. */
export const weightFiles = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
] as const;
export type WeightFile = (typeof weightFiles)[number];

/** The one of these names that the weights are read from. */
export const findWeights = (there: readonly string[]): WeightFile | undefined =>
  weightFiles.find((name) => there.includes(name));

export const indexEnding = ".index.json";

/** The stem, number and count of a file that is one part of a model's weights. */
const partName = /^(.+)-(\d{5})-of-(\d{5})(\.safetensors|\.bin)$/;

/** The name of the index that goes with a part; undefined for what is none. */
export function indexOfPart(name: string): string | undefined {
  const [, stem, , , ending] = name.match(partName) ?? [];
  return stem === undefined ? undefined : `${stem}${ending}${indexEnding}`;
}

export interface NeededFiles {
  readonly weights: WeightFile;
  readonly files: readonly string[];
}

const always = ["config.json"];
const tokenizerSets = [["tokenizer.json"], ["vocab.json", "merges.txt"]];
const optional = ["preprocessor_config.json", "tokenizer_config.json"];

/** Selects the files to download; returns the name of a missing file if it is not a CLIP folder. */
export function neededFiles(there: readonly string[]): NeededFiles | { readonly missing: string } {
  const has = (file: string) => there.includes(file);
  const weights = findWeights(there);
  if (weights === undefined) return { missing: weightFiles.join(" or ") };
  const missing = [...always, ...missingParts(weights, there)].find((file) => !has(file));
  if (missing !== undefined) return { missing };
  const tokenizer = tokenizerSets.find((set) => set.every(has));
  if (tokenizer === undefined) return { missing: "tokenizer.json, or vocab.json with merges.txt" };
  const parts = there.filter((name) => indexOfPart(name) === weights);
  return { weights, files: [...always, weights, ...parts, ...tokenizer, ...optional.filter(has)] };
}

/** Shards missing beside an index, by the count in their names; the index itself is verified when it is read. */
function missingParts(weights: WeightFile, there: readonly string[]): string[] {
  const parts = there.filter((name) => indexOfPart(name) === weights);
  const [, stem, , count, ending] = (parts[0] ?? "").match(partName) ?? [];
  if (stem === undefined) return weights.endsWith(indexEnding) ? [`part of ${weights}`] : [];
  const name = (i: number) => `${stem}-${String(i + 1).padStart(5, "0")}-of-${count}${ending}`;
  return Array.from({ length: Number(count) }, (_, i) => name(i)).filter((part) => !there.includes(part));
}
