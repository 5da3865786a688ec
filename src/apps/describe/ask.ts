/** Class descriptions from a language model (paper, section 3.2), written once every class has a usable answer. */

import { checkClassNames } from "../../data/classNames.ts";
import { ferClasses } from "../../data/sample.ts";
import { contextOf, type RunContext } from "../../platform/context.ts";
import { MpaError } from "../../platform/errors.ts";
import { Budget, type Chat, openChat } from "./chat.ts";
import { type DescriptionsDocument, writeDocument } from "./document.ts";
import type { DescribeConfig } from "./options.ts";

/** Limits of a usable answer: phrases, and words per phrase. */
const maxPhrases = 12;
const maxWords = 12;

/**
 * Parses an answer in the requested form ("… include: a, b, and c") or a list of bullets or numbers. The explanation after a
 * bullet's colon or dash is dropped. Returns a `fault` if the answer is empty, has another form (such as a refusal), or has
 * too many or too long phrases.
 */
export function parseAnswer(text: string): { readonly phrases: readonly string[] } | { readonly fault: string } {
  const plain = text.replaceAll(/```\w*|\*\*|__/g, "").trim();
  if (plain === "") return { fault: "the answer is empty" };
  const parts = bullets(plain) ?? enumeration(plain);
  if (parts === undefined) return { fault: `the answer is in no known form: "${start(plain)}"` };
  const phrases = [...new Set(parts.map(phraseOf).filter((phrase) => phrase !== ""))];
  if (phrases.length === 0) return { fault: `the answer names nothing: "${start(plain)}"` };
  if (phrases.length > maxPhrases) return { fault: `the answer has ${phrases.length} phrases` };
  const long = phrases.find((phrase) => phrase.split(" ").length > maxWords);
  return long === undefined ? { phrases } : { fault: `this is no phrase: "${start(long)}"` };
}

const bullet = /^\s*(?:[-*•–]|\d{1,2}[.)])\s+/;

/** The paper's question about a class (section 3.2). */
export const questionOf = (name: string): string =>
  `What are the most useful visual features to distinguish the facial expression of ${name}?`;

/** Beginning of the paper's answers. */
export const leadOf = (name: string): string =>
  `The most useful visual features for distinguishing the facial expression of ${name} include:`;

/** System message sent with each question. The form follows the paper; brevity is our addition, to fit 77 tokens. */
export const instructions = [
  "You describe what can be seen on a face, so that pictures can be distinguished.",
  'Answer in one line of the form "The most useful visual features for distinguishing the facial expression of CLASS include: …",',
  "with three to five short phrases of at most six words after the colon and commas between them.",
  "Name visible features of the face only; no feelings, no causes, no other text.",
].join(" ");

export interface Asked {
  readonly document: DescriptionsDocument;
  /** in the price's currency */
  readonly cost?: number;
  /** path of the backup of a replaced file */
  readonly previous?: string;
}

/**
 * Asks for the description of each class. `environment` holds the key. Writes only if every class has a usable answer. Throws
 * as `Chat.ask` does.
 */
export async function askDescriptions(
  config: DescribeConfig,
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  context: RunContext = {},
): Promise<Asked> {
  const { baseUrl, model, retries, timeout, maxTokens, maxCost, price, classes = ferClasses } = config;
  // Before any request is paid for.
  checkClassNames(classes, "USAGE", "--classes");
  const budget = new Budget({ maxTokens, maxCost, price });
  const key = keyOf(config, environment);
  const chat = openChat({ baseUrl, model, key, retries, timeout, budget, signal: context.signal });
  const task = contextOf(context).progress.start({ label: `asking ${model}`, total: classes.length, unit: "classes" });
  const described: [string, readonly string[]][] = [];
  for (const name of classes) {
    described.push([name, await describeClass(chat, name, retries, context)]);
    task.update(described.length);
  }
  task.finish();
  const origin = {
    ...{ model, server: baseUrl, asked: new Date().toISOString() },
    ...{ instructions, question: questionOf("{class}"), usage: budget.used },
  };
  const document = { origin, descriptions: Object.fromEntries(described) };
  const previous = await writeDocument(file, document);
  return { document, ...(budget.cost !== undefined && { cost: budget.cost }), ...(previous && { previous }) };
}

/** Repeats the question while the answer is unusable. */
async function describeClass(
  chat: Chat,
  name: string,
  retries: number,
  context: RunContext,
): Promise<readonly string[]> {
  const { notice } = contextOf(context);
  let fault = "";
  for (let attempt = 0; attempt <= retries; attempt++) {
    const answer = parseAnswer(await chat.ask(instructions, questionOf(name)));
    if ("phrases" in answer) return answer.phrases;
    fault = answer.fault;
    if (attempt < retries) notice(`${name}: ${fault}; asking again`);
  }
  throw new MpaError("NETWORK", `no usable description of ${name}: ${fault}`, { fix: "try another --model" });
}

/** Reads the API key. A private server often needs none, but the client always sends one. */
function keyOf(
  { keyVariable, baseUrl }: DescribeConfig,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const key = environment[keyVariable];
  if (key !== undefined && key !== "") return key;
  if (!/(^|\.)openai\.com$/.test(hostOf(baseUrl))) return "none";
  throw new MpaError("ACCESS", `no key in ${keyVariable}`, { fix: `set ${keyVariable}, or name your own --base-url` });
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch (cause) {
    throw new MpaError("USAGE", `--base-url ${url} is no address`, {
      fix: "write it as http://127.0.0.1:11434/v1",
      cause,
    });
  }
}

/** Items of a list of at least two lines. */
function bullets(text: string): string[] | undefined {
  const items = text.split("\n").filter((line) => bullet.test(line));
  if (items.length < 2) return undefined;
  return items.map((line) => line.replace(bullet, "").split(/:\s|\s[–—-]\s/)[0]);
}

/** Items after "include:" or "are:", up to the end of the line. */
function enumeration(text: string): string[] | undefined {
  const lead = /\b(?:includes?|are)\s*:\s*/i.exec(text);
  if (lead === null) return undefined;
  const [first] = text.slice(lead.index + lead[0].length).split(/\n/);
  return first.split(/[,;]|(?<=[a-z])\.\s/).map((part) => part.replace(/^\s*(?:and|or)\s+/i, ""));
}

/** Strips quotes, parentheses and the final full stop, and lower-cases an initial capital unless another capital follows. */
function phraseOf(part: string): string {
  const bare = part
    .replaceAll(/\([^)]*\)|["“”']/g, "")
    .replaceAll(/\s+/g, " ")
    .trim()
    .replace(/[.!,;:]+$/, "");
  return /^[A-Z](?![A-Z])/.test(bare) ? bare[0].toLowerCase() + bare.slice(1) : bare;
}

const start = (text: string): string => {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= 80 ? line : `${line.slice(0, 80)}…`;
};
