import { lstat, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commit, files, name, patience, repo, weights } from "../../test/hubModel.ts";
import { HubServer } from "../../test/hubServer.ts";
import { hubBackbone } from "./hubBackbone.ts";
import { parseHubName } from "./hubName.ts";

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

it("downloads what a backbone needs, and nothing else, into the hub's own layout", async () => {
  const totals: number[] = [];
  const progress = {
    start: ({ total }: { total: number }) => {
      totals.push(total);
      return { update: () => undefined, note: () => undefined, finish: () => undefined };
    },
  };
  const { folder } = await open({}, { progress });
  expect(folder).toBe(join(cacheFolder, "models--someone--clip", "snapshots", commit));
  const needed = ["config.json", "merges.txt", "model.safetensors", "preprocessor_config.json", "vocab.json"];
  expect((await readdir(folder)).sort()).toEqual(needed);
  expect((await readdir(blobs())).sort()).toEqual([...new Set(needed.map((file) => server.etag(file)))].sort());
  expect((await lstat(join(folder, "model.safetensors"))).isSymbolicLink()).toBe(true);
  expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
  expect(await readFile(join(cacheFolder, "models--someone--clip", "refs", "main"), "utf8")).toBe(commit);
  expect(totals).toEqual([1]);
});

it("finds it there afterwards without asking anybody, offline as well", async () => {
  const { folder } = await open();
  server.requests.length = 0;
  expect((await open()).folder).toBe(folder);
  expect((await open({ offline: true })).folder).toBe(folder);
  expect((await hubBackbone({ repo, revision: commit }, { cacheFolder, offline: true }, {})).folder).toBe(folder);
  expect(server.requests).toEqual([]);
});

it("says so offline where it is not there", async () => {
  await expect(open({ offline: true })).rejects.toMatchObject({ code: "NOT_FOUND" });
  expect(server.requests).toEqual([]);
});

it("goes on where a transfer broke off, and where an earlier call did", async () => {
  server.faults.push({ path: "/cdn/", times: 1, kind: "cut", after: 100_000 });
  const { folder } = await open();
  expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
  const ranges = server.requests.filter((line) => line.startsWith("GET /cdn/")).map((line) => line.split(" ")[2]);
  expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);

  await rm(cacheFolder, { recursive: true });
  server.faults.push(
    { path: "/cdn/", times: 1, kind: "cut", after: 200_000 },
    { path: "/cdn/", times: 9, kind: "status", status: 410 },
  );
  await expect(open()).rejects.toMatchObject({ code: "NETWORK" });
  expect(await readdir(blobs())).toContain(`${server.etag("model.safetensors")}.incomplete`);
  server.faults.length = 0;
  server.requests.length = 0;
  await open();
  expect(server.requests.filter((line) => line.includes("/cdn/"))[0]).toMatch(/bytes=[1-9]\d*-$/);
});

it("starts again where the server knows no ranges", async () => {
  server.faults.push(
    { path: "/cdn/", times: 1, kind: "cut", after: 100_000 },
    { path: "/cdn/", times: 1, kind: "no ranges" },
  );
  const { folder } = await open();
  expect(new Uint8Array(await readFile(join(folder, "model.safetensors")))).toEqual(weights);
});

it("refuses bytes that are not the hub's, keeps none of them, and can try again", async () => {
  server.faults.push({ path: "/cdn/", times: 1, kind: "other bytes" });
  await expect(open()).rejects.toMatchObject({
    code: "NETWORK",
    message: expect.stringMatching(/not what the hub has/),
  });
  expect((await readdir(blobs())).filter((file) => file.startsWith(server.etag("model.safetensors")))).toEqual([]);
  await open();
});

describe("a busy or refusing server", () => {
  it.each([429, 503])("waits and asks again after %i", async (status) => {
    server.faults.push({ path: "/api/", times: 2, kind: "status", status });
    await open();
  });

  it("gives up after some tries", async () => {
    server.faults.push({ path: "/api/", times: 99, kind: "status", status: 429 });
    await expect(open()).rejects.toMatchObject({ code: "NETWORK" });
    expect(server.requests).toHaveLength(3);
  });

  it("names the token where access is refused, and takes it", async () => {
    const guarded = new HubServer({ files, large: ["model.safetensors"], repo, commit, token: "hf_secret" });
    const at = await guarded.listen();
    const refused = expect.objectContaining({ code: "ACCESS", message: expect.stringMatching(/HF_TOKEN/) });
    await expect(open({ endpoint: at })).rejects.toEqual(refused);
    const { folder } = await open({ endpoint: at, token: "hf_secret" });
    expect(await readdir(folder)).toContain("model.safetensors");
    await guarded.close();
  });

  it("says that there is no such model", async () => {
    await expect(
      hubBackbone({ repo: "someone/else", revision: "main" }, { endpoint, cacheFolder, offline: false, patience }, {}),
    ).rejects.toMatchObject({ code: "NOT_FOUND", message: expect.stringMatching(/someone\/else at main/) });
  });

  it("says that nobody answers", async () => {
    await expect(open({ endpoint: "http://127.0.0.1:9" })).rejects.toMatchObject({ code: "NETWORK" });
  });
});

it("refuses a repository without weights or tokenizer", async () => {
  const { "model.safetensors": _, ...rest } = files;
  const bare = new HubServer({ files: rest, large: [], repo, commit });
  const at = await bare.listen();
  await expect(open({ endpoint: at })).rejects.toMatchObject({
    code: "MODEL",
    message: expect.stringMatching(/model\.safetensors/),
  });
  await bare.close();
});

it("stops when it is told to and leaves what came", async () => {
  const stop = new AbortController();
  const progress = {
    start: () => ({ update: () => stop.abort(), note: () => undefined, finish: () => undefined }),
  };
  await expect(open({}, { signal: stop.signal, progress })).rejects.toThrow();
  await writeFile(join(cacheFolder, "still there"), "");
  await open();
});

it.each([
  ["openai/clip-vit-base-patch16", { repo: "openai/clip-vit-base-patch16", revision: "main" }],
  ["a/b@refs/pr/4", { repo: "a/b", revision: "refs/pr/4" }],
  [`a/b@${commit}`, { repo: "a/b", revision: commit }],
])("%s is a hub name", (given, parsed) => expect(parseHubName(given)).toEqual(parsed));

it.each(["faceclip-mini", "./a/b", "/a/b", "a/b/c", "../a", "a/..", "a/b@../../c", "a--b/c"])("%s is none", (given) =>
  expect(parseHubName(given)).toBeUndefined(),
);
