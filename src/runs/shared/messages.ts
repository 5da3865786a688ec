/** Messages of a distributed training: tasks as JSON, tensors as safetensors, which preserves every bit. */
import { z } from "zod";
import { writeSafetensors } from "../../clip/safetensors.ts";
import { decodeTensorFile } from "../../clip/weights.ts";
import type { Feeds, Results } from "../../graph/runtime/session.ts";
import { MpaError } from "../../platform/errors.ts";
import { parseStrictJson } from "../../platform/json.ts";

const count = z.number().int().nonnegative();
const taskSchema = z.object({
  /** number of the step; each retry of a batch has a new number */
  step: count,
  /** index of the micro-batch in its step */
  microBatch: count,
  epoch: count,
  /** images of the whole batch */
  size: z.number().int().positive(),
  draws: z.array(z.object({ index: count, repeat: count })).min(1),
});

/** Request to compute one micro-batch of a step. */
export type StepTask = z.infer<typeof taskSchema>;

const badSchema = z.object({ file: z.string(), message: z.string() });
const answerSchema = z.object({
  step: count,
  microBatch: count,
  /** computing time, milliseconds */
  took: z.number().nonnegative(),
  /** unreadable images; if there are any, the answer has no results */
  bad: z.array(badSchema),
});

/** Results of a micro-batch: loss terms and gradients, by name. */
export type StepAnswer = z.infer<typeof answerSchema> & { readonly results: Results };

export const encodeTask = (task: StepTask): string => JSON.stringify(task);

/** Decodes a task. Throws NETWORK if the text is malformed. */
export const decodeTask = (text: string): StepTask => parsed(taskSchema, text);

export function encodeAnswer({ results, ...answer }: StepAnswer): Buffer {
  return encodeValues(results, { answer: JSON.stringify(answer) });
}

/** Decodes an answer, whose values need not be finite. Throws NETWORK or WEIGHTS if the bytes are malformed. */
export function decodeAnswer(bytes: Uint8Array): StepAnswer {
  const { values, metadata } = decodeValues(bytes);
  return { ...parsed(answerSchema, metadata.answer ?? "null"), results: values };
}

/** Inputs shared by all micro-batches of a step, besides the images. */
export interface StepFeeds {
  readonly step: number;
  readonly feeds: Feeds;
}

export const encodeFeeds = ({ step, feeds }: StepFeeds): Buffer => encodeValues(feeds, { step: JSON.stringify(step) });

/** Decodes feeds. Throws NETWORK or WEIGHTS if the bytes are malformed. */
export function decodeFeeds(bytes: Uint8Array): StepFeeds {
  const { values, metadata } = decodeValues(bytes);
  return { step: parsed(count, metadata.step ?? "null"), feeds: values };
}

function encodeValues(values: Results, metadata: Readonly<Record<string, string>>): Buffer {
  const tensors = Object.entries(values).map(([name, data]) => {
    const single = data instanceof Float32Array ? data : Float32Array.from(data, Number);
    return [name, { shape: [single.length], data: single }] as const;
  });
  return Buffer.from(writeSafetensors(new Map(tensors), metadata).buffer);
}

function decodeValues(bytes: Uint8Array) {
  const { tensors, metadata } = decodeTensorFile(bytes, "a message of a shared training");
  return { values: Object.fromEntries([...tensors].map(([name, { data }]) => [name, data])), metadata };
}

function parsed<T>(schema: z.ZodType<T>, text: string): T {
  const result = schema.safeParse(parseOrUndefined(text));
  if (result.success) return result.data;
  throw new MpaError("NETWORK", "a message of a shared training is malformed", { fix: "use one version everywhere" });
}

function parseOrUndefined(text: string): unknown {
  try {
    return parseStrictJson(text);
  } catch {
    return undefined;
  }
}
