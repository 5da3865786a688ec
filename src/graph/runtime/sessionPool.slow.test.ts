/** Session pools: the session contract, bit-identical results, and errors. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ContractRuntime, keepContract } from "../../../test/sessionContract.ts";
import { toOnnx } from "../onnx.ts";
import { add, matmul } from "../ops/index.ts";
import { targets } from "../target.ts";
import { input } from "../tensor.ts";
import { openSession } from "./session.node.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pool-"));
});
afterAll(() => rm(folder, { recursive: true }));

it("satisfies the contract of a session, bit for bit", async () => {
  const runtime = (poolSize: number): ContractRuntime => ({
    target: targets.cpu,
    open: async (weights) => {
      await writeFile(join(folder, "weights.bin"), weights);
      return (model, options) => openSession(model, { weightsFolder: folder, poolSize, ...options });
    },
  });
  expect(await keepContract(runtime(2))).toEqual(await keepContract(runtime(1)));
});

it("accepts more runs than sessions, and continues after a failed one", async () => {
  const x = input("x", [2, 2]);
  const session = await openSession(toOnnx({ out: add(matmul(x, x), x) }), { threads: 2, poolSize: 2 });
  expect(session.concurrency).toBe(2);
  const run = (value: number) => session.run({ x: Float32Array.of(value, 0, 0, value) });
  const bad = expect(session.run({ x: new Float32Array(3) })).rejects.toMatchObject({ code: "INTERNAL" });
  const results = await Promise.all([1, 2, 3, 4, 5, 6, 7].map(run));
  expect(results.map(({ out }) => out[0])).toEqual([2, 6, 12, 20, 30, 42, 56]);
  await bad;
  await session.dispose();
  await expect(run(1)).rejects.toMatchObject({ code: "USAGE" });
});

it.each([1, 2])("ends once, after the runs in progress, with %i sessions", async (poolSize) => {
  const x = input("x", [2, 2]);
  const session = await openSession(toOnnx({ out: add(matmul(x, x), x) }), { threads: 2, poolSize });
  const run = (value: number) => session.run({ x: Float32Array.of(value, 0, 0, value) });
  const running = [1, 2, 3, 4, 5].map(run);
  await Promise.all([session.dispose(), session.dispose()]);
  await session.dispose();
  expect((await Promise.all(running)).map(({ out }) => out[0])).toEqual([2, 6, 12, 20, 30]);
  const message = expect.stringContaining("the session is used after it was disposed of");
  await expect(run(1)).rejects.toMatchObject({ code: "USAGE", message });
});

it("reads a feed before it is overwritten, and does not detach it", async () => {
  const x = input("x", [4]);
  const session = await openSession(toOnnx({ out: add(x, x) }), { threads: 2, poolSize: 2 });
  const buffer = Float32Array.from({ length: 12 }, (_, i) => i);
  const results = [0, 1, 2].map((part) => session.run({ x: buffer.subarray(4 * part, 4 * part + 4) }));
  buffer.fill(-1);
  expect((await Promise.all(results)).map(({ out }) => Array.from(out, Number))).toEqual([
    [0, 2, 4, 6],
    [8, 10, 12, 14],
    [16, 18, 20, 22],
  ]);
  expect(buffer.length).toBe(12);
  await session.dispose();
});

it("opens in a program that is given to Node as text", { timeout: 60_000 }, async () => {
  const file = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  const program = `
    const { openSession } = await import(${file("./session.node.ts")});
    const { toOnnx } = await import(${file("../onnx.ts")});
    const { add } = await import(${file("../ops/index.ts")});
    const { input } = await import(${file("../tensor.ts")});
    const x = input("x", [2]);
    const session = await openSession(toOnnx({ out: add(x, x) }), { threads: 2, poolSize: 2 });
    console.log((await session.run({ x: Float32Array.of(1, 2) })).out.join());
    await session.dispose();`;
  const node = ["--import", "tsx", "--input-type=module", "-e", program];
  const { stdout } = await promisify(execFile)(process.execPath, node);
  expect(stdout).toBe("2,4\n");
});
