/** Names of models on the Hugging Face hub. */

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

/** Which files of a repository a backbone needs: no other framework's weights, no pictures, no cards. */

/** Weights first choice to last: safetensors are used where they lie, a pickled file is converted. */
export const weightFiles = ["model.safetensors", "pytorch_model.bin"] as const;
export type WeightFile = (typeof weightFiles)[number];

export interface NeededFiles {
  readonly weights: WeightFile;
  readonly files: readonly string[];
}

const always = ["config.json"];
const tokenizerSets = [["tokenizer.json"], ["vocab.json", "merges.txt"]];
const optional = ["preprocessor_config.json", "tokenizer_config.json"];

/** What to take of what is there; undefined with the name of what is missing where it is no CLIP folder. */
export function neededFiles(there: readonly string[]): NeededFiles | { readonly missing: string } {
  const has = (file: string) => there.includes(file);
  const weights = weightFiles.find(has);
  if (weights === undefined) return { missing: weightFiles.join(" or ") };
  const missing = always.find((file) => !has(file));
  if (missing !== undefined) return { missing };
  const tokenizer = tokenizerSets.find((set) => set.every(has));
  if (tokenizer === undefined) return { missing: "tokenizer.json, or vocab.json with merges.txt" };
  return { weights, files: [...always, weights, ...tokenizer, ...optional.filter(has)] };
}
