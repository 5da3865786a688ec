/** Model names on the Hugging Face hub, and the files of a repository that a backbone needs. */

/** A repository and a revision. */
export interface HubName {
  /** such as "openai/clip-vit-base-patch16" */
  readonly repo: string;
  /** a branch, a tag or a commit */
  readonly revision: string;
}

/** Parses `ORG/NAME` or `ORG/NAME@REVISION`; undefined for anything else, such as a path. */
export function parseHubName(text: string): HubName | undefined {
  const [, repo, revision = "main"] = text.match(/^([\w-][\w.-]*\/[\w-][\w.-]*)(?:@([\w./-]+))?$/) ?? [];
  if (repo === undefined || /\.\.|--/.test(repo) || /(^|\/)\.\.?(\/|$)/.test(revision)) return undefined;
  return { repo, revision };
}

/** Parses the name of trained prompts, `hub:ORG/NAME` or `hub:ORG/NAME@REVISION`; undefined for anything else, such as a file. */
export const parseHubPrompts = (text: string): HubName | undefined =>
  text.startsWith(hubPrefix) ? parseHubName(text.slice(hubPrefix.length)) : undefined;

/** Prefix of names of trained prompts on the hub. */
export const hubPrefix = "hub:";

/** Names of weight files, in transformers' order of preference; all but the first are converted. */
export const weightFiles = [
  "model.safetensors",
  "model.safetensors.index.json",
  "pytorch_model.bin",
  "pytorch_model.bin.index.json",
] as const;
export type WeightFile = (typeof weightFiles)[number];

/** The preferred weight file among these names. */
export const findWeights = (present: readonly string[]): WeightFile | undefined =>
  weightFiles.find((name) => present.includes(name));

/** Ending of the names of shard indices. */
export const indexEnding = ".index.json";

/** Name of a shard: stem, number, count and extension. */
const shardName = /^(.+)-(\d{5})-of-(\d{5})(\.safetensors|\.bin)$/;

/** The name of a shard's index; undefined for a file that is not a shard. */
export function indexOfShard(name: string): string | undefined {
  const [, stem, , , ending] = name.match(shardName) ?? [];
  return stem === undefined ? undefined : `${stem}${ending}${indexEnding}`;
}

/** The files to download for a backbone. */
export interface NeededFiles {
  readonly weights: WeightFile;
  readonly files: readonly string[];
}

const always = ["config.json"];
const tokenizerSets = [["tokenizer.json"], ["vocab.json", "merges.txt"]];
const optional = ["preprocessor_config.json", "tokenizer_config.json"];

/** Selects the files to download; returns the name of a missing file if it is not a CLIP folder. */
export function neededFiles(present: readonly string[]): NeededFiles | { readonly missing: string } {
  const has = (file: string) => present.includes(file);
  const weights = findWeights(present);
  if (weights === undefined) return { missing: weightFiles.join(" or ") };
  const missing = [...always, ...missingShards(weights, present)].find((file) => !has(file));
  if (missing !== undefined) return { missing };
  const tokenizer = tokenizerSets.find((set) => set.every(has));
  if (tokenizer === undefined) return { missing: "tokenizer.json, or vocab.json with merges.txt" };
  const shards = present.filter((name) => indexOfShard(name) === weights);
  return { weights, files: [...always, weights, ...shards, ...tokenizer, ...optional.filter(has)] };
}

/** Shards missing beside an index, by the count in their names; the index itself is verified when it is read. */
function missingShards(weights: WeightFile, present: readonly string[]): string[] {
  const shards = present.filter((name) => indexOfShard(name) === weights);
  const [, stem, , count, ending] = (shards[0] ?? "").match(shardName) ?? [];
  if (stem === undefined) return weights.endsWith(indexEnding) ? [`part of ${weights}`] : [];
  const name = (i: number) => `${stem}-${String(i + 1).padStart(5, "0")}-of-${count}${ending}`;
  return Array.from({ length: Number(count) }, (_, i) => name(i)).filter((shard) => !present.includes(shard));
}
