/** What can be wrong with the cache, with others who use it at the same time, and with a server. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commit, files, name, patience, repo, weights } from "../../test/hubModel.ts";
import { HubServer } from "../../test/hubServer.ts";
import { offlineVariable } from "../network.ts";
import { hubBackbone } from "./hubBackbone.ts";

let server: HubServer;
let endpoint: string;
let cacheFolder: string;

beforeEach(async () => {
  server = new HubServer({ files, large: ["model.safetensors"], repo, commit });
  endpoint = await server.listen();
  cacheFolder = await mkdtemp(join(tmpdir(), "mpa-fer-hub-"));
});
afterEach(async () => {
  await server.close();
  await rm(cacheFolder, { recursive: true, force: true });
});

const open = (options: Partial<Parameters<typeof hubBackbone>[1]> = {}, context = {}) =>
  hubBackbone(name, { endpoint, cacheFolder, offline: false, patience, ...options }, context);
const blobs = () => join(cacheFolder, "models--someone--clip", "blobs");

describe("a cache entry that changed", () => {
  const blobOf = (file: string) => join(blobs(), server.etag(file));

  it.each<[string, (path: string) => Promise<unknown>]>([
    ["lost bytes", (path) => truncate(path, 1000)],
    [
      "changed one byte",
      async (path) =>
        writeFile(
          path,
          (await readFile(path)).map((b, i) => (i === 5 ? b ^ 1 : b)),
        ),
    ],
    ["is empty", (path) => truncate(path, 0)],
    ["is gone", (path) => rm(path)],
  ])("%s: it is fetched again, and it alone", async (_, spoil) => {
    for (const file of ["model.safetensors", "config.json"] as const) {
      await open();
      await spoil(blobOf(file));
      server.requests.length = 0;
      const { folder, sha256 } = await open({ recheck: true });
      expect(sha256).toBe(server.etag("model.safetensors"));
      expect(new Uint8Array(await readFile(join(folder, file)))).toEqual(files[file]);
      expect(
        server.requests.filter((line) => /GET \/(cdn|someone)/.test(line)).map((line) => line.split("/").at(-1)),
      ).toEqual(file === "config.json" ? [file] : [file, file]);
    }
  });

  it("is not asked for where nothing changed", async () => {
    await open();
    server.requests.length = 0;
    await open({ recheck: true });
    expect(server.requests).toEqual([]);
  });
});

it("lets two processes, and two calls in one, download the same model at the same time", async () => {
  const script = `import { hubBackbone } from ${JSON.stringify(new URL("./hubBackbone.ts", import.meta.url).href)};
    const name = ${JSON.stringify(name)};
    await hubBackbone(name, ${JSON.stringify({ endpoint, cacheFolder, offline: false })}, {});`;
  const run = async () => {
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { stdio: "pipe" });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const [code] = await once(child, "exit");
    return { code, stderr };
  };
  const all = await Promise.all([run(), run(), open(), open()]);
  expect(all.slice(0, 2)).toEqual([
    { code: 0, stderr: "" },
    { code: 0, stderr: "" },
  ]);
  const { folder } = await open();
  expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
  expect((await readdir(blobs())).filter((file) => file.includes("incomplete"))).toEqual([]);
  expect((await readdir(folder)).filter((file) => file.includes("tmp"))).toEqual([]);
});

it("goes on with what a killed process had downloaded, and leaves alone what a live one is downloading", async () => {
  await mkdir(blobs(), { recursive: true });
  const etag = server.etag("model.safetensors");
  const ended = spawn(process.execPath, ["-e", ""]);
  await once(ended, "exit");
  const uuid = "00000000-0000-0000-0000-000000000000";
  const [dead, live] = [ended.pid, process.pid].map((pid) => join(blobs(), `${etag}.${pid}.${uuid}.incomplete`));
  await writeFile(dead, weights.subarray(0, 100_000));
  await writeFile(live, "another's");
  const { folder } = await open();
  expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
  expect(server.requests.find((line) => line.includes("/cdn/"))).toMatch(/bytes=100000-$/);
  expect(await readFile(live, "utf8")).toBe("another's");
});

it.each(["../../../escaped", "main", `${commit}/..`])(
  "takes no folder's name from a server that says %s",
  async (sha) => {
    const hostile = new HubServer({ files, large: ["model.safetensors"], repo, commit: sha });
    await expect(open({ endpoint: await hostile.listen() })).rejects.toMatchObject({ code: "NETWORK" });
    await hostile.close();
    await expect(readdir(join(cacheFolder, "models--someone--clip"))).rejects.toThrow();
  },
);

it("asks again where the remembered commit is none", async () => {
  const { folder } = await open();
  await writeFile(join(cacheFolder, "models--someone--clip", "refs", "main"), "../../elsewhere");
  expect((await open()).folder).toBe(folder);
});

it("asks nobody where the network is forbidden", async () => {
  process.env[offlineVariable] = "1";
  try {
    await expect(open()).rejects.toMatchObject({
      code: "NETWORK",
      message: expect.stringMatching(/--offline forbids/),
    });
    expect(server.requests).toEqual([]);
  } finally {
    delete process.env[offlineVariable];
  }
  const { folder } = await open();
  process.env[offlineVariable] = "1";
  try {
    expect((await open()).folder).toBe(folder);
  } finally {
    delete process.env[offlineVariable];
  }
});
