import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HttpError } from "./body.ts";
import { findRun, listRuns, runRoutes } from "./routes.ts";

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
  it("are found at any depth; what is broken is left out", async () => {
    const found = await listRuns(root);
    expect(found.map(({ name, metrics, protocol, report }) => [name, metrics?.accuracy, protocol, report])).toEqual([
      ["first", 0.75, undefined, true],
      ["table/cell", 0.25, "paper protocol: …", false],
    ]);
  });

  it("tell their settings and epochs", async () => {
    expect(await findRun(root, "first")).toMatchObject({
      config: { lr: 0.01 },
      validation: [
        { epoch: 0, accuracy: 0.5 },
        { epoch: 1, accuracy: 0.75 },
      ],
    });
  });
});

describe("/api/runs", () => {
  const ask = (path: string, folder: string | undefined = root) => {
    const app = new Hono().route("/api/runs", runRoutes(folder));
    app.onError((error, c) => c.text(error.message, error instanceof HttpError ? error.status : 500));
    return app.request(`/api/runs${path}`);
  };

  it("gives a run by its encoded name, and its report with its own policy", async () => {
    expect(await (await ask("/table%2Fcell")).json()).toMatchObject({ name: "table/cell" });
    const report = await ask("/first/report.html");
    expect(await report.text()).toBe("<p>the report</p>");
    expect(report.headers.get("content-security-policy")).toContain("style-src 'unsafe-inline'");
  });

  it.each(["/..", "/..%2Foutside.html", "/other", "/first%2F..%2Ffirst", "/table%2Fcell/report.html"])(
    "has nothing at %s",
    async (path) => expect((await ask(path)).status).toBe(404),
  );

  it("has nothing without a folder", async () => {
    const app = new Hono().route("/api/runs", runRoutes(undefined));
    app.onError((error, c) => c.text(error.message, error instanceof HttpError ? error.status : 500));
    expect(await (await app.request("/api/runs")).text()).toBe("the server was started without --runs");
  });
});
