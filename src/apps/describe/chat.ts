/** Client for servers with OpenAI's chat completions API; sends one question at a time. */

import OpenAI, {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
} from "openai";
import { z } from "zod";
import { MpaError, messageOf } from "../../platform/errors.ts";
import { requireNetwork } from "../../platform/network.node.ts";

export interface Usage {
  /** tokens of questions */
  readonly input: number;
  /** tokens of answers */
  readonly output: number;
}

export interface BudgetLimits {
  /** total number of tokens */
  readonly maxTokens: number;
  /** per million tokens */
  readonly price?: Usage;
  /** in the price's currency */
  readonly maxCost?: number;
}

export class Budget {
  readonly #limits: BudgetLimits;
  #used: Usage = { input: 0, output: 0 };

  constructor(limits: BudgetLimits) {
    this.#limits = limits;
  }

  get used(): Usage {
    return this.#used;
  }

  /** Cost so far in the price's currency; undefined without a price. */
  get cost(): number | undefined {
    return this.#costOf(this.#used);
  }

  /** Checks the budget. Throws COST if a request of up to `max` tokens could exceed it. */
  require(max: Usage): void {
    const { maxTokens, maxCost } = this.#limits;
    const then = sum(this.#used, max);
    const fix = "allow more, or describe fewer classes";
    if (then.input + then.output > maxTokens) {
      const { input, output } = this.#used;
      const what = `${input + output} of ${maxTokens} tokens are used and the next question may take ${max.input + max.output}`;
      throw new MpaError("COST", what, { fix: `${fix} (--max-tokens)` });
    }
    const cost = this.#costOf(then);
    if (maxCost !== undefined && cost !== undefined && cost > maxCost) {
      const what = `${(this.cost ?? 0).toFixed(4)} of ${maxCost} is spent and the next question may take it to ${cost.toFixed(4)}`;
      throw new MpaError("COST", what, { fix: `${fix} (--max-cost)` });
    }
  }

  spend(usage: Usage): void {
    this.#used = sum(this.#used, usage);
  }

  #costOf({ input, output }: Usage): number | undefined {
    const { price } = this.#limits;
    return price && (input * price.input + output * price.output) / 1e6;
  }
}

export interface ChatOptions {
  readonly baseUrl: string;
  readonly model: string;
  /** API key, sent only to this server */
  readonly key: string;
  readonly retries: number;
  /** seconds for each answer */
  readonly timeout: number;
  readonly budget: Budget;
  readonly signal?: AbortSignal;
}

export interface Chat {
  /**
   * Returns the model's answer. Retries 408, 409, 429, 5xx and connection failures with exponential back-off, or as the
   * server requests. Throws COST before a question that may exceed the budget, ACCESS, NOT_FOUND, USAGE, NETWORK,
   * INTERRUPTED.
   */
  ask(instructions: string, question: string): Promise<string>;
}

/** Maximum number of tokens in an answer. */
const maxAnswerTokens = 300;

export function openChat({ baseUrl, model, key, retries, timeout, budget, signal }: ChatOptions): Chat {
  requireNetwork(baseUrl);
  const client = new OpenAI({
    ...{ apiKey: key, baseURL: baseUrl, maxRetries: retries, timeout: timeout * 1000, logLevel: "off" },
    ...{ organization: null, project: null },
  });
  // Some models accept only the newer name of the limit, many servers only the older one.
  let limit: { max_tokens: number } | { max_completion_tokens: number } = { max_tokens: maxAnswerTokens };
  const send = async (instructions: string, question: string): Promise<unknown> => {
    const messages = [
      { role: "system" as const, content: instructions },
      { role: "user" as const, content: question },
    ];
    try {
      return await client.chat.completions.create({ model, messages, ...limit }, { signal });
    } catch (error) {
      if (!(error instanceof BadRequestError) || !/max_completion_tokens/.test(error.message)) throw error;
      limit = { max_completion_tokens: maxAnswerTokens };
      return await client.chat.completions.create({ model, messages, ...limit }, { signal });
    }
  };
  return {
    ask: async (instructions, question) => {
      const maximum = maxUsage(instructions, question);
      budget.require(maximum);
      try {
        const reply = replySchema.safeParse(await send(instructions, question));
        budget.spend(reply.success && reply.data.usage ? usageOf(reply.data.usage) : maximum);
        if (!reply.success)
          throw new MpaError("NETWORK", "the server's answer is malformed", { where: baseUrl, fix: protocolFix });
        const [{ message, finish_reason: reason }] = reply.data.choices;
        // A truncated answer ends in the middle of a phrase.
        return reason === "length" ? "" : (message.content ?? "");
      } catch (error) {
        throw described(error, { baseUrl, model, key, timeout });
      }
    },
  };
}

const protocolFix = "name a server that speaks OpenAI's chat completions";

const replySchema = z.object({
  choices: z
    .array(z.object({ message: z.object({ content: z.string().nullish() }), finish_reason: z.string().nullish() }))
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish(),
});

const usageOf = (usage: { readonly prompt_tokens: number; readonly completion_tokens: number }): Usage => ({
  input: usage.prompt_tokens,
  output: usage.completion_tokens,
});

/** Upper bound of a request's tokens: one per byte, plus a few that delimit each message. */
const maxUsage = (...texts: readonly string[]): Usage => ({
  input: texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 8, 8),
  output: maxAnswerTokens,
});

function described(
  error: unknown,
  { baseUrl, model, key, timeout }: Pick<ChatOptions, "baseUrl" | "model" | "key" | "timeout">,
): unknown {
  if (error instanceof MpaError) return error;
  if (error instanceof APIUserAbortError) return new MpaError("INTERRUPTED", "stopped before the answer came");
  // The server's message may contain the key.
  const said = messageOf(error).replaceAll(key, "…");
  const fail = (code: "ACCESS" | "NOT_FOUND" | "USAGE" | "NETWORK", what: string, fix: string) =>
    new MpaError(code, what, { where: baseUrl, fix });
  if (error instanceof AuthenticationError || error instanceof PermissionDeniedError) {
    return fail("ACCESS", `the server refuses the key (${said})`, "check the key and what it may do");
  }
  if (error instanceof NotFoundError)
    return fail("NOT_FOUND", `no such model or address: ${model} (${said})`, "check both");
  if (error instanceof RateLimitError)
    return fail("NETWORK", `the server is busy or the quota used up (${said})`, "try later");
  if (error instanceof APIConnectionTimeoutError) {
    return fail("NETWORK", `no answer within ${timeout} s`, "try later, or allow more with --timeout");
  }
  if (error instanceof APIConnectionError)
    return fail("NETWORK", `the server cannot be reached (${said})`, "check --base-url");
  if (error instanceof BadRequestError)
    return fail("USAGE", `the server refuses the question (${said})`, "check --model");
  if (error instanceof APIError) return fail("NETWORK", `the server failed (${said})`, "try later");
  if (error instanceof SyntaxError) return fail("NETWORK", `the server's answer is not JSON (${said})`, protocolFix);
  return error;
}

const sum = (a: Usage, b: Usage): Usage => ({ input: a.input + b.input, output: a.output + b.output });
