/** Node's runtime keeps the contract; so does the browser's, and every operator gives the same there. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, softwareGpu } from "../../../test/browser/chromium.ts";
import { openTestPage, type TestPage } from "../../../test/browser/testPage.ts";
import {
  type ContractRuntime,
  contract,
  keepContract,
  type Outcome,
  sweepOperators,
} from "../../../test/sessionContract.ts";
import { openSession } from "./session.node.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "contract-"));
});
afterAll(() => rm(folder, { recursive: true }));

const node: ContractRuntime = async (weights) => {
  await writeFile(join(folder, "weights.bin"), weights);
  return (model, options) => openSession(model, { weightsFolder: folder, ...options });
};

function hold(outcomes: Readonly<Record<string, Outcome>>, provider: string): void {
  for (const { name, expected: usual, tolerance, isDouble = false } of contract) {
    const outcome = outcomes[name];
    const expected = isDouble && provider === "webgpu" ? "RUNTIME" : usual;
    if (typeof expected === "string") expect(outcome, name).toEqual({ error: expected });
    else {
      const values = "values" in outcome ? outcome.values : [];
      expect(values.length, `${name}: ${JSON.stringify(outcome)}`).toBe(expected.length);
      const gaps = expected.map((value, i) => (Object.is(value, values[i]) ? 0 : Math.abs(value - values[i])));
      expect(Math.max(...gaps), name).toBeLessThanOrEqual(tolerance);
    }
  }
}

it("satisfies the contract in Node", async () => hold(await keepContract(node), "cpu"));

describe.skipIf(chromiumPath === undefined)("in Chromium", () => {
  let opened: TestPage;
  beforeAll(async () => {
    opened = await openTestPage(softwareGpu);
  });
  afterAll(() => opened.close());

  it.each(["wasm", "webgpu"])("satisfies the contract on %s", async (provider) => {
    hold(await opened.page.evaluate((name) => window.inBrowser.contract(name), provider), provider);
  });

  it("computes every operator's values and gradients as Node does, to 1e-5", async () => {
    const here = await sweepOperators(node);
    const there = await opened.page.evaluate(() => window.inBrowser.operators("wasm"));
    expect(Object.keys(there)).toEqual(Object.keys(here));
    for (const [name, values] of Object.entries(here)) {
      const largest = Math.max(1, ...values.map(Math.abs));
      const gap = Math.max(...values.map((value, i) => Math.abs(value - there[name][i])));
      expect(gap / largest, name).toBeLessThan(1e-5);
    }
  });
});
