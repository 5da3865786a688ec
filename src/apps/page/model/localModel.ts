/// <reference types="vite/client" />
/** The model in the browser: backbone, detector, prompts, explanations. Lives in a worker, for WebAssembly computes where it is called. */
import webgpu from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import wasm from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";
import { adaptedPromptsFile, type Backbone, defaultBackbone } from "../../../clip/backbone.ts";
import { fetchBackbone, fetchBytes, fetchOptionalBytes } from "../../../clip/backbone.web.ts";
import { denormalise } from "../../../clip/preprocess.ts";
import { ferClasses } from "../../../data/sample.ts";
import type { FacePrediction } from "../../../faces/recognizer.ts";
import { type ExpressionRecognizer, recognizerOver } from "../../../faces/recognizer.web.ts";
import { builds, providers, usableThreads, type WebProvider } from "../../../graph/runtime/session.web.ts";
import { parseCheckpoint } from "../../../method/checkpoint.ts";
import type { RuntimeOptions } from "../../../method/classifier.ts";
import { type Explainer, openExplainer } from "../../../method/explain/explainer.ts";
import { defaultDescriptions } from "../../../method/hardPrompts.ts";
import { modelFromCheckpoint, type PromptedModel, zeroShotModel } from "../../../method/model.ts";
import { dataUrl } from "../../../pictures/decode.web.ts";
import type { ProgressReporter } from "../../../platform/context.ts";
import { type EngineDescription, type Explanation, plainExplanation } from "./engine.ts";

/** ONNX Runtime's WebAssembly lies gzipped beside the page: as it is, it would be more than the rest of the package. */

/** The addresses that `vite.page.config.ts` packs. */
const files: Readonly<Record<WebProvider, string>> = { wasm, webgpu };

/** Gives a provider's build its WebAssembly, once; before the first session of that provider. Throws NOT_FOUND, NETWORK. */
export async function unpackRuntime(provider: WebProvider, progress: ProgressReporter): Promise<void> {
  const runtime = await builds[provider]();
  runtime.env.wasm.wasmBinary ??= await unpacked(new URL(`${files[provider]}.gz`, location.href), progress);
}

async function unpacked(address: URL, progress: ProgressReporter): Promise<ArrayBuffer> {
  const bytes = await fetchBytes(address, { progress });
  // Some servers declare such a file as an encoding, and the browser has unpacked it already.
  if (bytes[0] !== gzipStart) return bytes.buffer;
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

/** RFC 1952, section 2.3.1; WebAssembly starts with 0. */
const gzipStart = 0x1f;

/** What is loaded once, whatever the prompts. */
export interface Parts {
  readonly backbone: Backbone;
  readonly detector: Uint8Array<ArrayBuffer>;
}

export interface Loaded extends Parts {
  readonly runtime: RuntimeOptions;
}

export interface NamedCheckpoint {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Loads the embedded backbone from the folder at `models`. */
export async function loadParts(models: URL, progress: ProgressReporter): Promise<Parts> {
  const backbone = await fetchBackbone(new URL(defaultBackbone, models), { progress });
  const detector = await fetchBytes(new URL("centerface/model.onnx", models), { progress });
  return { backbone, detector };
}

/** Opens the model on the fastest provider that takes it: not every driver runs what its adapter promises. */
export async function openOnFastest(
  parts: Parts,
  checkpoint: NamedCheckpoint | undefined,
  progress: ProgressReporter,
): Promise<{ readonly loaded: Loaded; readonly model: LocalModel }> {
  const [first, ...others] = (await providers()).map((provider) => async () => {
    await unpackRuntime(provider, progress);
    const loaded = { ...parts, runtime: { provider, threads: usableThreads() } };
    return { loaded, model: await LocalModel.open(loaded, checkpoint ?? (await adaptedCheckpoint(parts))) };
  });
  return others.reduce((opened, next) => opened.catch(next), first());
}

/** The prompts that come with the backbone, where there are some. */
export async function adaptedCheckpoint({ backbone }: Parts): Promise<NamedCheckpoint | undefined> {
  const bytes = await fetchOptionalBytes(new URL(adaptedPromptsFile, backbone.folder));
  return bytes && { name: adaptedPromptsFile, bytes };
}

export class LocalModel {
  readonly #loaded: Loaded;
  readonly #subject: PromptedModel;
  readonly #recognizer: ExpressionRecognizer;
  #explainer: Promise<Explainer> | undefined;

  private constructor(loaded: Loaded, subject: PromptedModel, recognizer: ExpressionRecognizer) {
    this.#loaded = loaded;
    this.#subject = subject;
    this.#recognizer = recognizer;
  }

  /** With trained prompts, or zero-shot without. Throws CHECKPOINT where they belong to another backbone. */
  static async open(loaded: Loaded, checkpoint: NamedCheckpoint | undefined): Promise<LocalModel> {
    const { backbone, runtime } = loaded;
    const prompts = { classes: ferClasses, hardPrompt: 3, descriptions: defaultDescriptions } as const;
    const subject = checkpoint
      ? modelFromCheckpoint(backbone, parseCheckpoint(checkpoint.bytes, checkpoint.name, backbone))
      : await zeroShotModel(backbone, prompts, runtime);
    return new LocalModel(loaded, subject, await recognizerOver({ ...loaded, subject, checkpoint: checkpoint?.name }));
  }

  describe(): EngineDescription {
    const { provider, threads } = this.#loaded.runtime;
    const counted = threads === 1 ? "1 thread" : `${threads} threads`;
    return {
      ...this.#recognizer.model,
      runsOn: provider === "webgpu" ? "WebGPU" : `WebAssembly with SIMD, ${counted}`,
    };
  }

  predict(picture: Blob): Promise<readonly FacePrediction[]> {
    return this.#recognizer.predict(picture);
  }

  async explain(picture: Blob, face: number, target: string): Promise<Explanation> {
    this.#explainer ??= openExplainer(this.#subject, this.#loaded.backbone.open, this.#loaded.runtime);
    const explainer = await this.#explainer;
    const { faces } = await this.#recognizer.prepare(picture);
    const { pixels } = faces[face];
    const found = await explainer.explainPixels(pixels, { target: this.#subject.classes.indexOf(target) });
    return plainExplanation(found, await dataUrl(denormalise(pixels, this.#subject.preprocess)));
  }

  async dispose(): Promise<void> {
    await this.#recognizer.dispose();
    await (await this.#explainer)?.dispose();
  }
}
