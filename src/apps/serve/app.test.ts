import { createConfig, lintFromString } from "@redocly/openapi-core";
import type { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { type AppOptions, createApp } from "./app.ts";
import { defaultBodyLimits } from "./body.ts";
import { Metrics } from "./metrics.ts";
import type { PictureRequest } from "./model.ts";
import { ModelGone } from "./modelChild.ts";
import { RequestQueue } from "./queue.ts";

const face = {
  box: [1, 2, 3, 4],
  score: 0.75,
  label: "fear",
  confident: true,
  probabilities: { fear: 0.75, anger: 0.25 },
} as const;
const guard = { hosts: [], origins: ["https://page.example"], anyHost: false };

interface Asked {
  readonly options?: Partial<AppOptions>;
  readonly fail?: Error;
  readonly limit?: number;
}

/** The app before a model that sees one face in everything that is longer than ten bytes. */
function app({ options = {}, fail, limit = 8 }: Asked = {}): Hono {
  const queue = new RequestQueue({
    limit,
    batchSize: 4,
    wait: 0,
    answer: async (pictures) => {
      if (fail !== undefined) throw fail;
      return pictures.map(({ id, bytes }) =>
        bytes.length > 10 ? { id, faces: [face] } : { id, error: { code: "IMAGE", message: "the image is cut off" } },
      );
    },
  });
  const model = {
    classes: ["fear", "anger"],
    backbone: { name: "b", sha256: "0" },
    provider: "cpu",
    threads: 1,
    unsureBelow: 0.6,
  };
  return createApp({
    version: "1.2.3",
    guard,
    queue,
    metrics: new Metrics(),
    model: () => model,
    process: () => ({ replaced: 0, isReady: true, isOverdue: false }),
    ...options,
  });
}

const here = { host: "localhost:8086" };
const jpeg = (length: number) => Uint8Array.from([0xff, 0xd8, 0xff, ...Array.from({ length: length - 3 }, () => 1)]);
const post = (to: Hono, body: BodyInit, headers: Record<string, string> = {}, path = "/api/predict") =>
  to.request(path, { method: "POST", body, headers: { ...here, ...headers } });

describe("POST /api/predict", () => {
  it("answers bytes as predict does", async () => {
    const response = await post(app(), jpeg(20));
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([{ file: "image", faces: [face] }]);
  });

  it("gives the scale that a large picture was decoded at", async () => {
    const queue = new RequestQueue({
      ...{ limit: 8, batchSize: 4, wait: 0 },
      answer: async (pictures) => pictures.map(({ id }) => ({ id, faces: [face], scale: 0.5 })),
    });
    expect(await (await post(app({ options: { queue } }), jpeg(20))).json()).toEqual([
      { file: "image", faces: [face], scale: 0.5 },
    ]);
  });

  it("answers every file of a form by name, unreadable ones with an error", async () => {
    const form = new FormData();
    form.append("a", new Blob([jpeg(20)]), "one.jpg");
    form.append("b", new Blob([jpeg(5)]), "two.jpg");
    form.append("c", new Blob(["<svg xmlns='http://www.w3.org/2000/svg'/>"]), "three.svg");
    const response = await post(app(), form);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual([
      { file: "one.jpg", faces: [face] },
      { file: "two.jpg", faces: [], error: "the image is cut off" },
      { file: "three.svg", faces: [], error: expect.stringMatching(/^the image is a drawing \(SVG\)/) },
    ]);
  });

  it("responds 422 if no picture can be read", async () => {
    for (const body of [jpeg(5), "/etc/passwd", "https://example.org/a.jpg", "<svg/>"]) {
      const response = await post(app(), body);
      expect(response.status).toBe(422);
      expect(await response.json()).toEqual([{ file: "image", faces: [], error: expect.any(String) }]);
    }
  });

  it("rejects an empty body, too large or too many pictures, and a malformed form", async () => {
    const limits = { picture: 100, parts: 2, together: 1000 };
    const small = app({ options: { limits } });
    const form = (...lengths: number[]) => {
      const made = new FormData();
      for (const [i, length] of lengths.entries()) made.append(String(i), new Blob([jpeg(length)]));
      return made;
    };
    expect((await post(small, "")).status).toBe(400);
    expect((await post(small, jpeg(101))).status).toBe(413);
    expect((await post(small, form(20, 20, 20))).status).toBe(413);
    expect((await post(small, form(150))).status).toBe(413);
    expect((await post(small, "x", { "content-type": "multipart/form-data; boundary=y" })).status).toBe(400);
    expect((await post(small, jpeg(20), {}, "/api/predict?detect=maybe")).status).toBe(400);
    expect((await post(small, jpeg(100))).status).toBe(200);
  });

  it("responds 503 with Retry-After if the queue is full or the model process died", async () => {
    for (const asked of [{ limit: 0 }, { fail: new ModelGone("the model's process died") }]) {
      const response = await post(app(asked), jpeg(20));
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("1");
      expect(await response.json()).toMatchObject({ error: { code: "BUSY" } });
    }
  });

  it("does not reveal internal errors", async () => {
    const response = await post(app({ fail: new Error("/secret/path") }), jpeg(20));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
  });
});

describe("POST /api/explain", () => {
  const ask = async (query: string) => {
    const asked: PictureRequest[] = [];
    const queue = new RequestQueue({
      limit: 8,
      batchSize: 4,
      wait: 0,
      answer: async (pictures) => {
        asked.push(...pictures);
        return pictures.map(({ id }) => ({ id, error: { code: "IMAGE", message: "no" } }));
      },
    });
    const { status } = await post(app({ options: { queue } }), jpeg(20), {}, `/api/explain?target=fear${query}`);
    return { status, asked: asked[0]?.explain };
  };

  it("selects a face by its index, or by landmarks from predict", async () => {
    expect(await ask("&face=2")).toEqual({ status: 422, asked: { face: 2, target: "fear" } });
    const landmarks = [
      [1, 2],
      [3.25, 4],
      [-5, 6],
      [7, 8],
      [9, 1e3],
    ];
    expect(await ask(`&landmarks=${landmarks.flat()}`)).toEqual({
      status: 422,
      asked: { face: 0, target: "fear", landmarks },
    });
  });

  it.each([
    "1,2,3",
    "1,2,3,4,5,6,7,8,9,ten",
    "1,2,3,4,5,6,7,8,9,",
    "1,2,3,4,5,6,7,8,9,1e999",
    "1,2,3,4,5,6,7,8,9,10,11",
    "",
  ])("rejects %j as landmarks", async (landmarks) => {
    expect(await ask(`&landmarks=${landmarks}`)).toEqual({ status: 400, asked: undefined });
  });
});

describe("access control", () => {
  it("rejects unknown Host headers", async () => {
    for (const host of ["evil.example", "127.0.0.1.evil.example:8086", ""]) {
      expect((await app().request("/api/health", { headers: { host } })).status, host).toBe(403);
    }
    for (const host of ["localhost", "127.0.0.1:1", "[::1]:8086", "LOCALHOST:8086"]) {
      expect((await app().request("/api/health", { headers: { host } })).status, host).toBe(200);
    }
    const named = app({ options: { guard: { ...guard, hosts: ["Faces.example"] } } });
    expect((await named.request("/api/health", { headers: { host: "faces.example:80" } })).status).toBe(200);
  });

  it("rejects other origins unless they are allowed", async () => {
    expect((await post(app(), jpeg(20), { origin: "https://evil.example" })).status).toBe(403);
    expect((await post(app(), jpeg(20), { origin: "null" })).status).toBe(403);
    expect((await post(app(), jpeg(20), { origin: "http://localhost:8086" })).status).toBe(200);
    const named = await post(app(), jpeg(20), { origin: "https://page.example" });
    expect(named.headers.get("access-control-allow-origin")).toBe("https://page.example");
    const own = await post(app(), jpeg(20), { origin: "http://localhost:8086" });
    expect(own.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("requires the token if there is one", async () => {
    const guarded = app({ options: { guard: { ...guard, token: "right" } } });
    for (const authorization of ["", "Bearer wrong", "Bearer ", "Basic right", "right"]) {
      expect((await post(guarded, jpeg(20), { authorization })).status, authorization).toBe(401);
      expect((await guarded.request("/metrics", { headers: { ...here, authorization } })).status).toBe(401);
    }
    expect((await post(guarded, jpeg(20), { authorization: "Bearer right" })).status).toBe(200);
  });
});

it("sends a strict content security policy with every response, including errors", async () => {
  for (const path of ["/api/health", "/nothing", "/openapi.json"]) {
    const { headers } = await app().request(path, { headers: here });
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  }
});

it("reports whether the model is ready, starting or stuck", async () => {
  const health = async (process: AppOptions["process"]) => {
    const response = await app({ options: { process } }).request("/api/health", { headers: here });
    return [response.status, (await response.json()).status];
  };
  expect(await health(() => ({ replaced: 0, isReady: true, isOverdue: false }))).toEqual([200, "ok"]);
  expect(await health(() => ({ replaced: 1, isReady: false, isOverdue: false }))).toEqual([503, "starting"]);
  expect(await health(() => ({ replaced: 0, isReady: true, isOverdue: true }))).toEqual([503, "stuck"]);
});

it("describes the model in its health", async () => {
  const response = await app().request("/api/health", { headers: here });
  expect(await response.json()).toMatchObject({
    status: "ok",
    version: "1.2.3",
    classes: ["fear", "anger"],
    provider: "cpu",
    unsureBelow: 0.6,
  });
});

it("exposes metrics in Prometheus format", async () => {
  const one = app();
  await post(one, jpeg(20));
  await post(one, jpeg(5));
  const text = await (await one.request("/metrics", { headers: here })).text();
  expect(text).toContain('mpa_fer_requests_total{route="/api/predict",status="200"} 1');
  expect(text).toContain('mpa_fer_requests_total{route="/api/predict",status="422"} 1');
  expect(text).toContain("mpa_fer_faces_total 1");
  expect(text).toContain("mpa_fer_request_seconds_count 2");
  for (const line of text.trim().split("\n"))
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{[^}]+\})? \d+(\.\d+)?)$/);
});

it("responds 405 with the allowed methods", async () => {
  const allowed: Record<string, string> = {
    "/api/predict": "POST",
    "/api/explain": "POST",
    "/api/health": "GET, HEAD",
    "/api/runs": "GET, HEAD",
    "/api/runs/a": "GET, HEAD",
    "/api/runs/a/report.html": "GET, HEAD",
    "/metrics": "GET, HEAD",
    "/openapi.json": "GET, HEAD",
  };
  for (const [path, allow] of Object.entries(allowed)) {
    for (const method of ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"].filter((each) => !allow.includes(each))) {
      const response = await app().request(path, { method, headers: here });
      expect([response.status, response.headers.get("allow")], `${method} ${path}`).toEqual([405, allow]);
      expect(await response.json()).toMatchObject({ error: { code: "METHOD", message: expect.any(String) } });
    }
  }
  expect((await app().request("/api/health", { method: "HEAD", headers: here })).status).toBe(200);
  expect((await app().request("/nowhere", { method: "POST", headers: here })).status).toBe(404);
});

it("documents every route in a valid OpenAPI document", async () => {
  const document = await (await app().request("/openapi.json", { headers: here })).json();
  const described = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const there = app()
    // The page and its models are files, not the API.
    .routes.filter(({ method, path }) => method !== "ALL" && !path.includes("*"))
    .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
  expect(described.sort()).toEqual([...new Set(there)].sort());
  expect(JSON.stringify(document)).toContain(`more than ${defaultBodyLimits.picture / 1e6} MB a picture`);
  const config = await createConfig({ extends: ["recommended-strict"] });
  const faults = await lintFromString({ source: JSON.stringify(document), config });
  expect(faults.map(({ ruleId, message }) => [ruleId, message])).toEqual([]);
});
