/** Trials of providers in real processes. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { callProgram } from "../../../test/callProgram.ts";
import { tryProviders } from "./providerTrials.ts";

/** Loader for the child process, whose entry is TypeScript; it inherits the flags of this process. */
const asTypeScript = ["--import", "tsx"];
beforeAll(() => void process.execArgv.push(...asTypeScript));
afterAll(() => void process.execArgv.splice(-asTypeScript.length));

it("times a training on the processor, and reports a provider that fails in one line", async () => {
  const { trials, recommended } = await tryProviders(["cpu", "not-there"]);
  expect(trials).toEqual([
    { provider: "cpu", imagesPerSecond: expect.any(Number) },
    {
      provider: "not-there",
      halfPrecision: false,
      failed: expect.stringMatching(/^provider not-there is not in this build of ONNX Runtime[^\n]*$/),
    },
  ]);
  expect(trials[0].imagesPerSecond).toBeGreaterThan(0);
  expect(recommended).toEqual({ provider: "cpu" });
}, 60_000);

it("stops on its signal", async () => {
  const stopped = { signal: AbortSignal.abort() };
  await expect(tryProviders(["cpu"], stopped)).rejects.toMatchObject({ code: "INTERRUPTED" });
});

it("is part of the machine's JSON", async () => {
  const { code, stdout } = await callProgram(["doctor", "--json", "-"]);
  expect(code).toBe(0);
  const { providers, trials } = JSON.parse(stdout);
  expect(trials.map(({ provider }: { provider: string }) => provider)).toEqual(providers);
}, 200_000);
