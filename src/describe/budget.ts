/** What asking may cost, and what it has cost. */
import { MpaError } from "../errors.ts";

export interface Usage {
  /** tokens of questions */
  readonly input: number;
  /** tokens of answers */
  readonly output: number;
}

export interface BudgetLimits {
  /** tokens in all */
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

  /** In the price's currency; undefined without a price. */
  get cost(): number | undefined {
    return this.#costOf(this.#used);
  }

  /** Throws COST where a request that takes this much at most could go beyond what is allowed. */
  require(most: Usage): void {
    const { maxTokens, maxCost } = this.#limits;
    const then = sum(this.#used, most);
    const mend = "allow more, or describe fewer classes";
    if (then.input + then.output > maxTokens) {
      const { input, output } = this.#used;
      const what = `${input + output} of ${maxTokens} tokens are used and the next question may take ${most.input + most.output}`;
      throw new MpaError("COST", what, undefined, `${mend} (--max-tokens)`);
    }
    const cost = this.#costOf(then);
    if (maxCost !== undefined && cost !== undefined && cost > maxCost) {
      const what = `${(this.cost ?? 0).toFixed(4)} of ${maxCost} is spent and the next question may take it to ${cost.toFixed(4)}`;
      throw new MpaError("COST", what, undefined, `${mend} (--max-cost)`);
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

const sum = (a: Usage, b: Usage): Usage => ({ input: a.input + b.input, output: a.output + b.output });
