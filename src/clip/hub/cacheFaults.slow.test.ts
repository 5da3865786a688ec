/** What can be wrong with the cache, with others who use it at the same time, and with a server. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HubForEachTest } from "../../../test/hubForEachTest.ts";
import { commit, files, name, repo, weights } from "../../../test/hubModel.ts";
import { HubServer } from "../../../test/hubServer.ts";
import { offlineVariable } from "../../platform/network.node.ts";

const hub = new HubForEachTest();

describe("a cache entry that changed", () => {
  const blobOf = (file: string) => join(hub.blobs(), hub.server.etag(file));

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
      await hub.open();
      await spoil(blobOf(file));
      hub.server.requests.length = 0;
      const { folder, sha256 } = await hub.open({ recheck: true });
      expect(sha256).toBe(hub.server.etag("model.safetensors"));
      expect(new Uint8Array(await readFile(join(folder, file)))).toEqual(files[file]);
      expect(
        hub.server.requests.filter((line) => /GET \/(cdn|someone)/.test(line)).map((line) => line.split("/").at(-1)),
      ).toEqual(file === "config.json" ? [file] : [file, file]);
    }
  });

  it("is not requested again if nothing changed", async () => {
    await hub.open();
    hub.server.requests.length = 0;
    await hub.open({ recheck: true });
    expect(hub.server.requests).toEqual([]);
  });
});

it("allows concurrent downloads of a model by two processes and two calls", async () => {
  const script = `import { hubBackbone } from ${JSON.stringify(new URL("./fetch.node.ts", import.meta.url).href)};
    const name = ${JSON.stringify(name)};
    await hubBackbone(name, ${JSON.stringify({ endpoint: hub.endpoint, cacheFolder: hub.cacheFolder, offline: false })}, {});`;
  const run = async () => {
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { stdio: "pipe" });
    let stderr = "";
    child.stderr.on("data", (text) => {
      stderr += text;
    });
    const [code] = await once(child, "exit");
    return { code, stderr };
  };
  const all = await Promise.all([run(), run(), hub.open(), hub.open()]);
  expect(all.slice(0, 2)).toEqual([
    { code: 0, stderr: "" },
    { code: 0, stderr: "" },
  ]);
  const { folder } = await hub.open();
  expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
  expect((await readdir(hub.blobs())).filter((file) => file.includes("incomplete"))).toEqual([]);
  expect((await readdir(folder)).filter((file) => file.includes("tmp"))).toEqual([]);
});

it("resumes the download of a killed process but not that of a running one", async () => {
  await mkdir(hub.blobs(), { recursive: true });
  const etag = hub.server.etag("model.safetensors");
  const ended = spawn(process.execPath, ["-e", ""]);
  await once(ended, "exit");
  const uuid = "00000000-0000-0000-0000-000000000000";
  const [dead, live] = [ended.pid, process.pid].map((pid) => join(hub.blobs(), `${etag}.${pid}.${uuid}.incomplete`));
  await writeFile(dead, weights.subarray(0, 100_000));
  await writeFile(live, "another's");
  const { folder } = await hub.open();
  expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
  expect(hub.server.requests.find((line) => line.includes("/cdn/"))).toMatch(/bytes=100000-$/);
  expect(await readFile(live, "utf8")).toBe("another's");
});

it.each(["../../../escaped", "main", `${commit}/..`])(
  "takes no folder's name from a server that says %s",
  async (sha) => {
    const hostile = new HubServer({ files, large: ["model.safetensors"], repo, commit: sha });
    await expect(hub.open({ endpoint: await hostile.listen() })).rejects.toMatchObject({ code: "NETWORK" });
    await hostile.close();
    await expect(readdir(join(hub.cacheFolder, "models--someone--clip"))).rejects.toThrow();
  },
);

it("requests the commit again if the cached one is invalid", async () => {
  const { folder } = await hub.open();
  await writeFile(join(hub.cacheFolder, "models--someone--clip", "refs", "main"), "../../elsewhere");
  expect((await hub.open()).folder).toBe(folder);
});

it("makes no requests in offline mode", async () => {
  process.env[offlineVariable] = "1";
  try {
    await expect(hub.open()).rejects.toMatchObject({
      code: "NETWORK",
      message: expect.stringMatching(/--offline forbids/),
    });
    expect(hub.server.requests).toEqual([]);
  } finally {
    delete process.env[offlineVariable];
  }
  const { folder } = await hub.open();
  process.env[offlineVariable] = "1";
  try {
    expect((await hub.open()).folder).toBe(folder);
  } finally {
    delete process.env[offlineVariable];
  }
});
