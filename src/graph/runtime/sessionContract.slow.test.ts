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
import { hasSoftwareAdapter, useSoftwareAdapter } from "../../../test/softwareAdapter.ts";
import { targetOf } from "../target.ts";
import { openSession } from "./session.node.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "contract-"));
});
afterAll(() => rm(folder, { recursive: true }));

const node = (provider: string): ContractRuntime => ({
  target: targetOf(provider),
  open: async (weights) => {
    await writeFile(join(folder, "weights.bin"), weights);
    return (model, options) => openSession(model, { weightsFolder: folder, provider, ...options });
  },
});

function hold(outcomes: Readonly<Record<string, Outcome>>, provider: string): void {
  for (const { name, expected: usual, tolerance, notOnWebGpu = false } of contract) {
    const outcome = outcomes[name];
    const expected = notOnWebGpu && provider === "webgpu" ? "RUNTIME" : usual;
    if (typeof expected === "string") expect(outcome, name).toEqual({ error: expected });
    else {
      const values = "values" in outcome ? outcome.values : [];
      expect(values.length, `${name}: ${JSON.stringify(outcome)}`).toBe(expected.length);
      const gaps = expected.map((value, i) => (Object.is(value, values[i]) ? 0 : Math.abs(value - values[i])));
      expect(Math.max(...gaps), name).toBeLessThanOrEqual(tolerance);
    }
  }
}

it("satisfies the contract in Node", async () => hold(await keepContract(node("cpu")), "cpu"));

/** Value and gradients of every operator, with a share of the largest as the tolerance. */
function sameSweeps(there: Sweep, here: Sweep, tolerance: number): void {
  for (const [name, values] of Object.entries(there)) {
    const largest = Math.max(1, ...values.map(Math.abs));
    const gap = Math.max(...values.map((value, i) => Math.abs(value - here[name][i])));
    expect(gap / largest, name).toBeLessThan(tolerance);
  }
}

type Sweep = Awaited<ReturnType<typeof sweepOperators>>;

describe.skipIf(!hasSoftwareAdapter)("on the software adapter", () => {
  beforeAll(() => useSoftwareAdapter());

  it("satisfies the contract in Node on webgpu", async () => hold(await keepContract(node("webgpu")), "webgpu"));

  it("computes every operator's values and gradients as the CPU does, to 1e-4, with no node on it", async () => {
    const there = await sweepOperators(node("webgpu"));
    expect(Object.keys(there).length).toBeGreaterThan(40);
    sameSweeps(there, await sweepOperators(node("cpu")), 1e-4);
  });
});

describe.skipIf(chromiumPath === undefined)("in Chromium", () => {
  let opened: TestPage;
  beforeAll(async () => {
    opened = await openTestPage(softwareGpu);
  });
  afterAll(() => opened.close());

  it.each(["wasm", "webgpu"])("satisfies the contract on %s", async (provider) => {
    hold(await opened.page.evaluate((name) => window.inBrowser.contract(name), provider), provider);
  });

  it.each([
    [false, "1 FusedMatMul"],
    [true, "2 FusedMatMul"],
  ])("names the operators that webgpu would leave to the CPU, and leaves the console alone", async (others, left) => {
    const { message, told } = await opened.page.evaluate((more) => window.inBrowser.refusal("webgpu", more), others);
    expect(message).toBe(
      `webgpu would leave nodes of this graph to the CPU (${left}). Fix: use wasm in place of webgpu`,
    );
    // The error that the runtime itself logs of a refused graph goes on.
    expect(told.filter((line) => /\[[VI]:onnxruntime/.test(String(line)))).toEqual([]);
  });

  it("tells the adapter", async () => {
    const adapter = await opened.page.evaluate(() => window.inBrowser.adapter());
    expect(adapter).toMatchObject({ vendor: "google", architecture: "swiftshader", isSoftware: true });
  });

  it.each([
    ["wasm", 1e-5],
    ["webgpu", 1e-4],
  ])("computes every operator's values and gradients on %s as Node does, to %d", async (provider, tolerance) => {
    const here = await sweepOperators(node("cpu"));
    const there = await opened.page.evaluate((name) => window.inBrowser.operators(name), provider);
    const names = Object.keys(here).filter((name) => provider === "wasm" || !name.startsWith("cast "));
    expect(Object.keys(there)).toEqual(names);
    sameSweeps(there, here, tolerance);
  });
});
