/** The recogniser for browsers: canvas and onnxruntime-web behind the interface that Node shares. */

import { adaptedPromptsFile, type Backbone, defaultBackbone } from "../clip/backbone.ts";
import { fetchBackbone, fetchBytes, fetchOptionalBytes } from "../clip/backbone.web.ts";
import { ferClasses } from "../data/sample.ts";
import { openSession, providers } from "../graph/runtime/session.web.ts";
import { type Checkpoint, parseCheckpoint } from "../method/checkpoint.ts";
import { openClassifier, type RuntimeOptions } from "../method/classifier.ts";
import { type Descriptions, defaultDescriptions } from "../method/hardPrompts.ts";
import { modelFromCheckpoint, type PromptedModel, zeroShotModel } from "../method/model.ts";
import { type BrowserImage, decodeBrowserImage } from "../pictures/decode.web.ts";
import type { RunContext } from "../platform/context.ts";
import { createFaceDetector } from "./detector.ts";
import { Recognizer } from "./recognizer.ts";

/** Which model answers, where it lies, and what counts as a face; all may be left out. */
export interface RecognizerOptions {
  /** where the package's `models` folder is served; default `models/` beside the page */
  readonly models?: string | URL;
  /** a backbone in that folder, or the address of a CLIPModel folder; default faceclip-mini */
  readonly backbone?: string | URL;
  /** trained prompts, or their address; without them those that come with the backbone, where there are some */
  readonly checkpoint?: Blob | Uint8Array | string | URL;
  /** classify by the hard prompts alone */
  readonly zeroShot?: boolean;
  /** what zero-shot chooses from */
  readonly classes?: readonly string[];
  readonly hardPrompt?: 1 | 2 | 3;
  readonly descriptions?: Descriptions;
  /** "webgpu" or "wasm"; the fastest there is by default */
  readonly provider?: string;
  /** of WebAssembly; 1 by default. More need an isolated page and a file of their own for the runtime (docs/browser.md, Threads) */
  readonly threads?: number;
  /** faces at a time */
  readonly batchSize?: number;
  /** pixels of the smallest face to look for */
  readonly smallestFace?: number;
  /** how sure the detector has to be of a face */
  readonly faceScore?: number;
}

/**
 * Finds faces and reads their expressions; no picture leaves the browser:
 * `using fer = await ExpressionRecognizer.load(); const faces = await fer.predict(video)`.
 * WebAssembly computes on the calling thread, so a page that has to stay fluent loads it in a Worker.
 */
export class ExpressionRecognizer extends Recognizer<BrowserImage> {
  /** Loads backbone, prompts and detector once. Throws NETWORK, NOT_FOUND, RUNTIME, CHECKPOINT, and as the backbone does. */
  static async load(options: RecognizerOptions = {}, context: RunContext = {}): Promise<ExpressionRecognizer> {
    const base = folderUrl(options.models ?? "models");
    const { provider = (await providers())[0], threads = 1 } = options;
    const runtime: RuntimeOptions = { provider, threads };
    const backbone = await fetchBackbone(new URL(options.backbone ?? defaultBackbone, base), context);
    const checkpoint = await loadCheckpoint(options, backbone, context);
    const subject = checkpoint?.subject ?? (await zeroShot(options, backbone, runtime));
    const detector = await fetchBytes(new URL("centerface/model.onnx", base), context);
    return recognizerOver({ ...options, backbone, subject, runtime, detector, checkpoint: checkpoint?.name });
  }
}

export interface RecognizerModel extends Pick<RecognizerOptions, "batchSize" | "smallestFace" | "faceScore"> {
  readonly backbone: Backbone;
  readonly subject: PromptedModel;
  readonly runtime: RuntimeOptions;
  /** the content of `centerface/model.onnx` */
  readonly detector: Uint8Array;
  /** the name of the trained prompts */
  readonly checkpoint?: string;
}

/** A recogniser over parts that are loaded already. */
export async function recognizerOver(parts: RecognizerModel): Promise<ExpressionRecognizer> {
  const { backbone, subject, runtime, batchSize = 8, checkpoint, smallestFace, faceScore } = parts;
  const { classes, topK } = subject;
  const graph = { batch: batchSize, classes: classes.length, topK, constants: subject };
  return new ExpressionRecognizer({
    model: {
      classes,
      backbone: { name: backbone.name, sha256: backbone.sha256 },
      ...(checkpoint !== undefined && { checkpoint }),
    },
    preprocess: backbone.preprocess,
    classifier: await openClassifier(backbone, graph, runtime),
    detector: createFaceDetector({
      model: parts.detector,
      openSession,
      session: runtime,
      smallestFace,
      minScore: faceScore,
    }),
    decode: decodeBrowserImage,
  });
}

const zeroShot = (options: RecognizerOptions, backbone: Backbone, runtime: RuntimeOptions): Promise<PromptedModel> => {
  const { classes = ferClasses, hardPrompt = 3, descriptions = defaultDescriptions } = options;
  return zeroShotModel(backbone, { classes, hardPrompt, descriptions }, runtime);
};

interface NamedSubject {
  readonly name: string;
  readonly subject: PromptedModel;
}

async function loadCheckpoint(
  { checkpoint: source, zeroShot: none = false }: RecognizerOptions,
  backbone: Backbone,
  context: RunContext,
): Promise<NamedSubject | undefined> {
  if (none) return undefined;
  const given = source === undefined ? await adaptedPrompts(backbone, context) : await namedBytes(source, context);
  if (given === undefined) return undefined;
  const [name, bytes] = given;
  const checkpoint: Checkpoint = parseCheckpoint(bytes, name, backbone);
  return { name, subject: modelFromCheckpoint(backbone, checkpoint) };
}

type NamedBytes = readonly [name: string, bytes: Uint8Array];

async function adaptedPrompts({ folder }: Backbone, context: RunContext): Promise<NamedBytes | undefined> {
  const bytes = await fetchOptionalBytes(new URL(adaptedPromptsFile, folder), context);
  return bytes && [adaptedPromptsFile, bytes];
}

async function namedBytes(source: Blob | Uint8Array | string | URL, context: RunContext): Promise<NamedBytes> {
  if (source instanceof Uint8Array) return ["the given checkpoint", source];
  if (source instanceof Blob) {
    const name = source instanceof File ? source.name : "the given checkpoint";
    return [name, new Uint8Array(await source.arrayBuffer())];
  }
  const url = new URL(source, location.href);
  return [url.pathname.split("/").at(-1) ?? "", await fetchBytes(url, context)];
}

/** The address as a folder's, so that names resolve inside it. */
function folderUrl(folder: string | URL): URL {
  const url = new URL(folder, location.href);
  return url.href.endsWith("/") ? url : new URL(`${url}/`);
}
