/** Models in the browser: backbone and checkpoint from a web server, a file or bytes. */

import { adaptedPromptsFile, type Backbone, defaultBackbone } from "../clip/backbone.ts";
import { fetchBackbone, fetchBytes, fetchOptionalBytes } from "../clip/backbone.web.ts";
import { ferClasses } from "../data/sample.ts";
import { providers } from "../graph/runtime/session.web.ts";
import type { RunContext } from "../platform/context.ts";
import { checkOptionNames } from "../platform/options/parse.ts";
import { parseCheckpoint } from "./checkpoint.ts";
import { type Descriptions, defaultDescriptions, type HardPromptConfiguration } from "./hardPrompts.ts";
import { type Model, modelOver } from "./model.ts";

/** Selection of a model and its runtime; all options have defaults. */
export interface ModelOptions {
  /** URL of the package's `models` folder; default `models/` relative to the page */
  readonly models?: string | URL;
  /** name of a backbone in that folder, URL of a CLIPModel folder, or an open backbone; default faceclip-mini */
  readonly backbone?: string | URL | Backbone;
  /** trained prompts or their URL; default the backbone's own prompts, if any */
  readonly checkpoint?: Blob | Uint8Array | string | URL;
  /** classify with the hard prompts only; default false */
  readonly zeroShot?: boolean;
  /** default true; false reads each face once, where the prompts ask for a mirrored read as well */
  readonly flip?: boolean;
  /** class names of zero-shot classification; default the FER classes */
  readonly classes?: readonly string[];
  readonly hardPrompt?: HardPromptConfiguration;
  readonly descriptions?: Descriptions;
  /** hard prompt of any class, such as "a photo of a {class}, a type of bird"; replaces the template of `hardPrompt` */
  readonly template?: string;
  /** "webgpu" or "wasm"; default the fastest available */
  readonly provider?: string;
  /** WebAssembly threads; default 1. More need a cross-origin isolated page and a separate runtime file (docs/browser.md, Threads) */
  readonly threads?: number;
}

/** The names of `ModelOptions`. */
export const modelOptionNames = [
  "models",
  "backbone",
  "checkpoint",
  "zeroShot",
  "flip",
  "classes",
  "hardPrompt",
  "descriptions",
  "template",
  "provider",
  "threads",
] as const satisfies readonly (keyof ModelOptions)[];

/** Throws USAGE for an unknown option, NETWORK, NOT_FOUND, RUNTIME, CHECKPOINT, and as the backbone does. */
export async function openModel(options: ModelOptions = {}, context: RunContext = {}): Promise<Model> {
  checkOptionNames("openModel", modelOptionNames, options, "ModelOptions");
  const { provider = (await providers())[0], threads = 1, zeroShot = false, flip = true } = options;
  const backbone = await backboneOf(options, context);
  const trained = zeroShot ? undefined : await trainedPrompts(options.checkpoint, backbone, context);
  if (trained !== undefined) {
    const [name, bytes] = trained;
    const checkpoint = parseCheckpoint(bytes, name, backbone);
    const isBundled = options.checkpoint === undefined;
    return modelOver(backbone, { checkpoint, name, isBundled }, { provider, threads, flip });
  }
  const { classes = ferClasses, hardPrompt = 3, descriptions = defaultDescriptions, template } = options;
  return modelOver(backbone, { classes, hardPrompt, descriptions, template }, { provider, threads });
}

/** The URL of a folder with a trailing slash, so that relative names resolve inside it. */
export function folderUrl(folder: string | URL = "models"): URL {
  const url = new URL(folder, location.href);
  return url.href.endsWith("/") ? url : new URL(`${url}/`);
}

async function backboneOf({ models, backbone = defaultBackbone }: ModelOptions, context: RunContext) {
  const isOpen = typeof backbone !== "string" && !(backbone instanceof URL);
  return isOpen ? backbone : fetchBackbone(new URL(backbone, folderUrl(models)), context);
}

type NamedBytes = readonly [name: string, bytes: Uint8Array];

/** The given checkpoint, or the one bundled with the backbone. */
async function trainedPrompts(
  source: ModelOptions["checkpoint"],
  { folder }: Backbone,
  context: RunContext,
): Promise<NamedBytes | undefined> {
  if (source === undefined) {
    const bytes = await fetchOptionalBytes(new URL(adaptedPromptsFile, folder), context);
    return bytes && [adaptedPromptsFile, bytes];
  }
  if (source instanceof Uint8Array) return ["the given checkpoint", source];
  if (source instanceof Blob) {
    const name = source instanceof File ? source.name : "the given checkpoint";
    return [name, new Uint8Array(await source.arrayBuffer())];
  }
  const url = new URL(source, location.href);
  return [url.pathname.split("/").at(-1) ?? "", await fetchBytes(url, context)];
}
