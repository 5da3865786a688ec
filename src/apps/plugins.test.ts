import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { samplers } from "../data/samplers.ts";
import { constant } from "../graph/tensor.ts";
import { activePlugins } from "../platform/registry.ts";
import { addPlugin, loadPlugin, pluginFiles, removePlugin } from "./plugins.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-plugin-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function moduleOf(name: string, code: string): Promise<string> {
  const path = join(folder, `${name}.mjs`);
  await writeFile(path, code);
  return path;
}

const order = "order: ({ labels }) => labels.map((_, i) => i)";

describe("a plugin's file", () => {
  it("is run once and recorded with its hash", async () => {
    const code = `let runs = 0;\nexport default () => ({ name: "p" + ++runs, samplers: [{ name: "mine", ${order} }] });`;
    const path = await moduleOf("once", code);
    const plugin = await loadPlugin(path);
    expect(plugin.name).toBe("p1");
    expect(await loadPlugin(path)).toBe(plugin);
    expect(samplers.names).toContain("mine");
    expect(activePlugins.all).toEqual([
      { name: "p1", file: "once.mjs", path, sha256: expect.stringMatching(/^[\da-f]{64}$/), shapesTraining: true },
    ]);
    expect(pluginFiles()).toEqual([path]);
    removePlugin(plugin);
    expect([samplers.names.includes("mine"), activePlugins.all, pluginFiles()]).toEqual([false, [], []]);
    // The module is run once a process; its function is asked again.
    expect((await loadPlugin(path)).name).toBe("p2");
    removePlugin(await loadPlugin(path));
  });

  it.each([
    ["broken", "export default (", "PLUGIN", /the plugin cannot be run/],
    ["empty", "export const a = 1;", "PLUGIN", /no function as its default export/],
    ["unnamed", "export default () => ({ samplers: [] });", "PLUGIN", /malformed \(name: must be a name\)/],
    ["odd", 'export default () => ({ name: "odd", sampler: [] });', "PLUGIN", /malformed \(.*sampler/],
    [
      "flat",
      'export default () => ({ name: "f", formats: [{ name: "x" }] });',
      "PLUGIN",
      /formats\.0\.open: must be a fun/,
    ],
    ["no-term", 'export default () => ({ name: "n", lossTerms: [{ name: "L_x" }] });', "PLUGIN", /either ofImages or/],
    [
      "bad-term",
      'export default () => ({ name: "b", lossTerms: [{ name: "x", ofTexts() {} }] });',
      "PLUGIN",
      /no good name/,
    ],
  ])("is rejected if it is %s", async (name, code, errorCode, message) => {
    const path = await moduleOf(name, code);
    await expect(loadPlugin(path)).rejects.toMatchObject({ code: errorCode, message: expect.stringMatching(message) });
    expect(pluginFiles()).toEqual([]);
  });

  it("must exist", async () => {
    await expect(loadPlugin(join(folder, "none.mjs"))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("a plugin", () => {
  it("is added completely or not at all", async () => {
    const sampler = (name: string) => ({ name, order: () => [] });
    const plugin = () => ({ name: "half", samplers: [sampler("fresh"), sampler("uniform")] });
    await expect(addPlugin(plugin)).rejects.toThrow("there is a sampler uniform already");
    expect(samplers.names).not.toContain("fresh");
    const named = (name: string) => () => ({
      ...{
        name: "methods",
        baselines: [{ name, learn: () => Promise.reject(), logits: () => constant(new Float32Array(1), [1]) }],
      },
    });
    await expect(addPlugin(named("kgcoop"))).rejects.toThrow("there is a method kgcoop already");
    await expect(addPlugin(named("maple"))).rejects.toThrow("there is a baseline maple already");
    const twice = () => ({ name: "twice", samplers: [sampler("same"), sampler("same")] });
    await expect(addPlugin(twice)).rejects.toThrow("the plugin has same twice");
    expect(samplers.names).not.toContain("same");
  });
});
