/** Asks a language model for descriptions, class by class (paper, section 3.2), and writes them when all are usable. */
import type { DescribeConfig } from "../config.ts";
import { ferClasses } from "../data/classes.ts";
import { MpaError } from "../errors.ts";
import { silent } from "../progress.ts";
import type { RunContext } from "../runContext.ts";
import { parseAnswer } from "./answer.ts";
import { Budget } from "./budget.ts";
import { type Chat, openChat } from "./chat.ts";
import { type DescriptionsDocument, writeDocument } from "./document.ts";
import { instructions, questionOf } from "./question.ts";

export interface Asked {
  readonly document: DescriptionsDocument;
  /** in the price's currency */
  readonly cost?: number;
  /** where the file that stood there is kept */
  readonly previous?: string;
}

/** `environment` holds the key. Nothing is written unless every class has a usable answer. Throws as `Chat.ask` does. */
export async function askDescriptions(
  config: DescribeConfig,
  file: string,
  environment: Readonly<Record<string, string | undefined>>,
  context: RunContext = {},
): Promise<Asked> {
  const { baseUrl, model, retries, timeout, maxTokens, maxCost, price, classes = ferClasses } = config;
  const budget = new Budget({ maxTokens, maxCost, price });
  const key = keyOf(config, environment);
  const chat = openChat({ baseUrl, model, key, retries, timeout, budget, signal: context.signal });
  const task = (context.progress ?? silent).start({ label: `asking ${model}`, total: classes.length, unit: "classes" });
  const descriptions: Record<string, readonly string[]> = {};
  for (const [i, name] of classes.entries()) {
    descriptions[name] = await describeClass(chat, name, retries, context);
    task.update(i + 1);
  }
  task.finish();
  const origin = {
    ...{ model, server: baseUrl, asked: new Date().toISOString() },
    ...{ instructions, question: questionOf("{class}"), usage: budget.used },
  };
  const document = { origin, descriptions };
  const previous = await writeDocument(file, document);
  return { document, ...(budget.cost !== undefined && { cost: budget.cost }), ...(previous && { previous }) };
}

/** Asks again where an answer cannot be used. */
async function describeClass(
  chat: Chat,
  name: string,
  retries: number,
  { notice = () => undefined }: RunContext,
): Promise<readonly string[]> {
  let fault = "";
  for (let attempt = 0; attempt <= retries; attempt++) {
    const answer = parseAnswer(await chat.ask(instructions, questionOf(name)));
    if ("phrases" in answer) return answer.phrases;
    fault = answer.fault;
    if (attempt < retries) notice(`${name}: ${fault}; asking again`);
  }
  throw new MpaError("NETWORK", `no usable description of ${name}: ${fault}`, undefined, "try another --model");
}

/** A server of one's own often wants none, but its client always sends one. */
function keyOf(
  { keyVariable, baseUrl }: DescribeConfig,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const key = environment[keyVariable];
  if (key !== undefined && key !== "") return key;
  if (!/(^|\.)openai\.com$/.test(hostOf(baseUrl))) return "none";
  throw new MpaError(
    "ACCESS",
    `no key in ${keyVariable}`,
    undefined,
    `set ${keyVariable}, or name your own --base-url`,
  );
}

function hostOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch (cause) {
    throw new MpaError("USAGE", `--base-url ${url} is no address`, undefined, "such as http://127.0.0.1:11434/v1", {
      cause,
    });
  }
}
