/** Preinstall script of npm: puts placeholders where onnxruntime-node would download CUDA files, unless the user wants them. */
import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";

const platform = `${process.platform}/${process.arch}`;
const metadata = {
  requirements: { [platform]: ["cuda12"] },
  manifests: { [`${platform}:cuda12`]: { "./first.so": {}, "./second.so": {} } },
};
let folder: string;
let modules: string;
let libraries: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-install-"));
  modules = join(folder, "node_modules");
  libraries = join(modules, "onnxruntime-node/bin/napi-v6", platform);
  await cp(join(import.meta.dirname, "../install"), join(modules, "mpa-fer/install"), { recursive: true });
  await writeFile(join(modules, "mpa-fer/package.json"), '{ "type": "module" }');
});
afterEach(() => rm(folder, { recursive: true }));

async function installRuntime(): Promise<void> {
  await mkdir(join(modules, "onnxruntime-node/script"), { recursive: true });
  await mkdir(libraries, { recursive: true });
  await writeFile(join(modules, "onnxruntime-node/package.json"), "{}");
  const script = `module.exports = ${JSON.stringify(metadata)}`;
  await writeFile(join(modules, "onnxruntime-node/script/install-metadata.js"), script);
}

const preinstall = (env: NodeJS.ProcessEnv): string =>
  execFileSync(process.execPath, ["install/leaveCudaOut.js"], { cwd: join(modules, "mpa-fer"), env, encoding: "utf8" });

it("creates empty files by default, and leaves an existing one", async () => {
  await installRuntime();
  await writeFile(join(libraries, "second.so"), "real");
  preinstall({});
  expect(await readFile(join(libraries, "first.so"), "utf8")).toBe("");
  expect(await readFile(join(libraries, "second.so"), "utf8")).toBe("real");
});

it.each([
  "ONNXRUNTIME_NODE_INSTALL",
  "npm_config_onnxruntime_node_install",
  "ONNXRUNTIME_NODE_INSTALL_CUDA",
  "npm_config_onnxruntime_node_install_cuda",
])("creates nothing if %s is set", async (name) => {
  await installRuntime();
  preinstall({ [name]: "cuda12" });
  expect(await readdir(libraries)).toEqual([]);
});

it("does not fail without onnxruntime-node", () => {
  expect(preinstall({})).toBe("");
});
