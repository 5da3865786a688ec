import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { HttpError } from "./httpError.ts";
import { runRoutes } from "./routes.ts";
import { requireRunsFolder } from "./runFolders.ts";
import { RunList } from "./runList.ts";

let root: string;
const run = (accuracy: number) => ({
  finished: true,
  config: { variant: "mpa", dataset: "folder", seed: 3, lr: 0.01 },
  backbone: { name: "tiny", sha256: "0" },
  steps: 4,
  epochs: 2,
  metrics: { accuracy, uar: 0.5, ece: 0.1, n: 8, perClass: { fear: { recall: 1, precision: 1, support: 4 } } },
});

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "runs-"));
  const put = async (folder: string, name: string, content: string) => {
    await mkdir(join(root, folder), { recursive: true });
    await writeFile(join(root, folder, name), content);
  };
  await put("first", "run.json", JSON.stringify(run(0.75)));
  await put("first", "report.html", "<p>the report</p>");
  const epochs = [0.5, 0.75].map((accuracy, epoch) => ({
    kind: "epoch",
    step: epoch,
    epoch,
    validation: { accuracy },
  }));
  await put("first", "metrics.jsonl", [{ kind: "step", step: 1 }, ...epochs].map((r) => JSON.stringify(r)).join("\n"));
  const protocol = "paper protocol: …";
  await put("table/cell", "run.json", JSON.stringify({ ...run(0.25), protocol }));
  await put("broken", "run.json", "{");
  await put("other", "notes.txt", "no run");
  await writeFile(join(root, "..", "outside.html"), "");
});
afterAll(() => rm(root, { recursive: true }));

describe("runs", () => {
  it("are found in nested folders; broken ones are omitted", async () => {
    const found = await new RunList(root).list();
    expect(found.map(({ name, metrics, protocol, report }) => [name, metrics?.accuracy, protocol, report])).toEqual([
      ["first", 0.75, undefined, true],
      ["table/cell", 0.25, "paper protocol: …", false],
    ]);
  });

  it("tell their learning rate and when they were last written", async () => {
    const [first] = await new RunList(root).list();
    const { mtime } = await stat(join(root, "first", "run.json"));
    expect(first).toMatchObject({ lr: 0.01, changed: mtime.toISOString() });
  });

  it("have their settings and epochs", async () => {
    expect(await new RunList(root).find("first")).toMatchObject({
      config: { lr: 0.01 },
      validation: [
        { epoch: 0, accuracy: 0.5 },
        { epoch: 1, accuracy: 0.75 },
      ],
    });
  });
});

describe("untrusted files in the folder of runs", () => {
  const secret = join(tmpdir(), `secret-${process.pid}`);
  let own: string;
  const ask = (path: string) => {
    const app = new Hono().route("/api/runs", runRoutes(own));
    app.onError((error, c) => c.text(error.message, error instanceof HttpError ? error.status : 500));
    return app.request(`/api/runs${path}`);
  };
  const put = (name: string) => cp(join(root, "first"), join(own, name), { recursive: true });
  beforeEach(async () => {
    own = await mkdtemp(join(tmpdir(), "strange-runs-"));
    await writeFile(secret, JSON.stringify({ ...run(1), backbone: { name: "the secret" } }));
    await put("good");
  });
  afterEach(() => Promise.all([rm(own, { recursive: true }), rm(secret)]));

  it("links out of the folder are not followed", async () => {
    await put("a");
    await put("b");
    for (const name of ["a/report.html", "a/metrics.jsonl", "b/run.json"]) {
      await rm(join(own, name));
      await symlink(secret, join(own, name));
    }
    await symlink(root, join(own, "elsewhere"));
    const runs = await (await ask("")).json();
    expect(runs.map(({ name, report }: { name: string; report: boolean }) => [name, report])).toEqual([
      ["a", false],
      ["good", true],
    ]);
    expect((await ask("/a/report.html")).status).toBe(404);
    expect(await (await ask("/a")).json()).toMatchObject({ name: "a", validation: [] });
    expect((await ask("/b")).status).toBe(404);
    expect((await ask("/elsewhere%2Ffirst")).status).toBe(404);
  });

  it.skipIf(process.platform === "win32")("pipes are not waited for", async () => {
    await put("a");
    await put("b");
    for (const name of ["a/report.html", "a/metrics.jsonl", "b/run.json"]) {
      await rm(join(own, name));
      execFileSync("mkfifo", [join(own, name)]);
    }
    for (let i = 0; i < 6; i++) expect((await ask("/a/report.html")).status).toBe(404);
    expect(await (await ask("")).json()).toMatchObject([{ name: "a", report: false }, { name: "good" }]);
    expect(await (await ask("/a")).json()).toMatchObject({ validation: [] });
    expect(await (await ask("/good/report.html")).text()).toBe("<p>the report</p>");
  });

  it("large, malformed and missing records are skipped", async () => {
    await put("a");
    await put("b");
    await writeFile(join(own, "a", "run.json"), JSON.stringify({ ...run(1), more: "x".repeat(600_000) }));
    const lines = ["{", '{"kind":"epoch"}', `{"kind":"epoch","x":"${"x".repeat(70_000)}"}`, "", '{"kind":"step"}'];
    const good = '{"kind":"epoch","step":2,"epoch":1,"validation":{"accuracy":0.5}}';
    await writeFile(join(own, "b", "metrics.jsonl"), [...lines, good].join("\n"));
    const runs = await (await ask("")).json();
    expect(runs.map(({ name }: { name: string }) => name)).toEqual(["b", "good"]);
    expect(await (await ask("/b")).json()).toMatchObject({ validation: [{ epoch: 1, accuracy: 0.5 }] });
  });

  it("a changed record is read again", async () => {
    const list = new RunList(own);
    const accuracies = async () => (await list.list()).map(({ metrics }) => metrics?.accuracy);
    expect([await accuracies(), await accuracies()]).toEqual([[0.75], [0.75]]);
    await writeFile(join(own, "good", "run.json"), JSON.stringify(run(0.5)));
    expect(await accuracies()).toEqual([0.5]);
    await rm(join(own, "good"), { recursive: true });
    expect(await accuracies()).toEqual([]);
  });

  it("a missing folder is an error", async () => {
    await rm(own, { recursive: true });
    expect((await ask("")).status).toBe(404);
    await mkdir(own);
    await expect(requireRunsFolder(join(own, "none"))).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(requireRunsFolder(secret)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("/api/runs", () => {
  const ask = (path: string, folder: string | undefined = root) => {
    const app = new Hono().route("/api/runs", runRoutes(folder));
    app.onError((error, c) => c.text(error.message, error instanceof HttpError ? error.status : 500));
    return app.request(`/api/runs${path}`);
  };

  it("returns a run by its encoded name, and its report with its own security policy", async () => {
    expect(await (await ask("/table%2Fcell")).json()).toMatchObject({ name: "table/cell" });
    const report = await ask("/first/report.html");
    expect(await report.text()).toBe("<p>the report</p>");
    expect(report.headers.get("content-security-policy")).toContain("style-src 'unsafe-inline'");
  });

  it.each(["/..", "/..%2Foutside.html", "/other", "/first%2F..%2Ffirst", "/table%2Fcell/report.html"])(
    "has nothing at %s",
    async (path) => expect((await ask(path)).status).toBe(404),
  );

  it("fails without a folder of runs", async () => {
    const app = new Hono().route("/api/runs", runRoutes(undefined));
    app.onError((error, c) => c.text(error.message, error instanceof HttpError ? error.status : 500));
    expect(await (await app.request("/api/runs")).text()).toBe("the server was started without --runs");
  });
});
