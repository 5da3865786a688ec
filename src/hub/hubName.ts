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
