import { lstat, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { HubForEachTest } from "../../../test/hubForEachTest.ts";
import { commit, files, patience, repo, weights } from "../../../test/hubModel.ts";
import { HubServer } from "../../../test/hubServer.ts";
import { hubBackbone } from "./fetch.node.ts";
import { parseHubName } from "./names.ts";

const hub = new HubForEachTest();

it("downloads only the files of a backbone, into the layout of the hub's cache", async () => {
  const totals: number[] = [];
  const progress = {
    start: ({ total }: { total: number }) => {
      totals.push(total);
      return { update: () => undefined, note: () => undefined, finish: () => undefined };
    },
  };
  const { folder } = await hub.open({}, { progress });
  expect(folder).toBe(join(hub.cacheFolder, "models--someone--clip", "snapshots", commit));
  const needed = ["config.json", "merges.txt", "model.safetensors", "preprocessor_config.json", "vocab.json"];
  expect((await readdir(folder)).sort()).toEqual(needed);
  expect((await readdir(hub.blobs())).sort()).toEqual([...new Set(needed.map((file) => hub.server.etag(file)))].sort());
  expect((await lstat(join(folder, "model.safetensors"))).isSymbolicLink()).toBe(true);
  expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
  expect(await readFile(join(hub.cacheFolder, "models--someone--clip", "refs", "main"), "utf8")).toBe(commit);
  expect(totals).toEqual([1]);
});

it("uses the cache without requests, also offline", async () => {
  const { folder } = await hub.open();
  hub.server.requests.length = 0;
  expect((await hub.open()).folder).toBe(folder);
  expect((await hub.open({ offline: true })).folder).toBe(folder);
  expect(
    (await hubBackbone({ repo, revision: commit }, { cacheFolder: hub.cacheFolder, offline: true }, {})).folder,
  ).toBe(folder);
  expect(hub.server.requests).toEqual([]);
});

it("throws offline if the model is not cached", async () => {
  await expect(hub.open({ offline: true })).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(hub.server.requests).toEqual([]);
});

it("resumes interrupted transfers, also of an earlier call", async () => {
  hub.server.faults.push({ path: "/cdn/", times: 1, kind: "cut", after: 100_000 });
  const { folder } = await hub.open();
  expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
  const ranges = hub.server.requests.filter((line) => line.startsWith("GET /cdn/")).map((line) => line.split(" ")[2]);
  expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);

  await rm(hub.cacheFolder, { recursive: true });
  hub.server.faults.push(
    { path: "/cdn/", times: 1, kind: "cut", after: 200_000 },
    { path: "/cdn/", times: 9, kind: "status", status: 410 },
  );
  await expect(hub.open()).rejects.toMatchObject({ code: "NETWORK" });
  expect(await readdir(hub.blobs())).toContain(`${hub.server.etag("model.safetensors")}.incomplete`);
  hub.server.faults.length = 0;
  hub.server.requests.length = 0;
  await hub.open();
  expect(hub.server.requests.filter((line) => line.includes("/cdn/"))[0]).toMatch(/bytes=[1-9]\d*-$/);
});

it("restarts if the server does not support ranges", async () => {
  hub.server.faults.push(
    { path: "/cdn/", times: 1, kind: "cut", after: 100_000 },
    { path: "/cdn/", times: 1, kind: "no ranges" },
  );
  const { folder } = await hub.open();
  expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
});

it("rejects and deletes bytes with a wrong hash, and can retry", async () => {
  hub.server.faults.push({ path: "/cdn/", times: 1, kind: "other bytes" });
  await expect(hub.open()).rejects.toMatchObject({
    code: "NETWORK",
    message: expect.stringMatching(/not what the hub has/),
  });
  expect((await readdir(hub.blobs())).filter((file) => file.startsWith(hub.server.etag("model.safetensors")))).toEqual(
    [],
  );
  await hub.open();
});

describe("a server with errors", () => {
  it.each([429, 503])("is requested again after %i", async (status) => {
    hub.server.faults.push({ path: "/api/", times: 2, kind: "status", status });
    await hub.open();
  });

  it("is given up after the maximum number of tries", async () => {
    hub.server.faults.push({ path: "/api/", times: 99, kind: "status", status: 429 });
    await expect(hub.open()).rejects.toMatchObject({ code: "NETWORK" });
    expect(hub.server.requests).toHaveLength(3);
  });

  it("without access throws an error that names HF_TOKEN, and accepts the token", async () => {
    const guarded = new HubServer({ files, large: ["model.safetensors"], repo, commit, token: "hf_secret" });
    const at = await guarded.listen();
    const refused = expect.objectContaining({ code: "ACCESS", message: expect.stringMatching(/HF_TOKEN/) });
    await expect(hub.open({ endpoint: at })).rejects.toEqual(refused);
    const { folder } = await hub.open({ endpoint: at, token: "hf_secret" });
    expect(await readdir(folder)).toContain("model.safetensors");
    await guarded.close();
  });

  it("without the model throws NOT_FOUND", async () => {
    await expect(
      hubBackbone(
        { repo: "someone/else", revision: "main" },
        { endpoint: hub.endpoint, cacheFolder: hub.cacheFolder, offline: false, patience },
        {},
      ),
    ).rejects.toMatchObject({ code: "NOT_FOUND", message: expect.stringMatching(/someone\/else at main/) });
  });

  it("that is unreachable throws NETWORK", async () => {
    await expect(hub.open({ endpoint: "http://127.0.0.1:9" })).rejects.toMatchObject({ code: "NETWORK" });
  });
});

it("rejects a repository without weights or tokenizer", async () => {
  const { "model.safetensors": _, ...rest } = files;
  const bare = new HubServer({ files: rest, large: [], repo, commit });
  const at = await bare.listen();
  await expect(hub.open({ endpoint: at })).rejects.toMatchObject({
    code: "MODEL",
    message: expect.stringMatching(/model\.safetensors/),
  });
  await bare.close();
});

it("stops on abort and retains the received bytes", async () => {
  const stop = new AbortController();
  const progress = {
    start: () => ({ update: () => stop.abort(), note: () => undefined, finish: () => undefined }),
  };
  await expect(hub.open({}, { signal: stop.signal, progress })).rejects.toThrow();
  await writeFile(join(hub.cacheFolder, "still there"), "");
  await hub.open();
});

it.each([
  ["openai/clip-vit-base-patch16", { repo: "openai/clip-vit-base-patch16", revision: "main" }],
  ["a/b@refs/pr/4", { repo: "a/b", revision: "refs/pr/4" }],
  [`a/b@${commit}`, { repo: "a/b", revision: commit }],
])("%s is a hub name", (given, parsed) => expect(parseHubName(given)).toEqual(parsed));

it.each(["faceclip-mini", "./a/b", "/a/b", "a/b/c", "../a", "a/..", "a/b@../../c", "a--b/c"])(
  "%s is no name of a model on the hub",
  (given) => expect(parseHubName(given)).toBeUndefined(),
);
