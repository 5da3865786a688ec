import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readlink, rm, writeFile } from "node:fs/promises";
import type { Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Hono } from "hono";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type ConnectionLimits, createHttpServer, defaultConnectionLimits } from "./connections.ts";
import { HttpError } from "./httpError.ts";
import { pageRoutes, runRoutes } from "./routes.ts";

let folder = "";
const large = 16 * 1024 * 1024;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "connections-"));
  const page = join(folder, "page");
  const run = join(folder, "runs", "a");
  await Promise.all([page, run].map((each) => mkdir(each, { recursive: true })));
  for (const file of [join(page, "large.bin"), join(run, "report.html")]) await writeFile(file, Buffer.alloc(large));
  await writeFile(join(run, "run.json"), "{}");
});
afterAll(() => rm(folder, { recursive: true }));

let server: Server;
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

let begun = 0;
let release = (): void => undefined;

async function listen(limits: Partial<ConnectionLimits> = {}): Promise<void> {
  begun = 0;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const app = new Hono();
  app.get("/slow", async (c) => {
    begun++;
    await held;
    return c.text("slow");
  });
  app.get("/count", (c) => c.text(String(++begun)));
  app.get("/json", (c) => c.text("x".repeat(large)));
  app.post("/length", async (c) => c.text(String((await c.req.arrayBuffer()).byteLength)));
  app.route("/api/runs", runRoutes(join(folder, "runs")));
  app.route("/", pageRoutes(join(folder, "page")));
  app.onError((error, c) => c.text(error.message, error instanceof HttpError ? error.status : 500));
  server = createHttpServer(app.fetch, { ...defaultConnectionLimits, ...limits }).listen(0, "127.0.0.1");
  await once(server, "listening");
}

async function open(): Promise<Socket> {
  const { port } = server.address() as AddressInfo;
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => undefined);
  sockets.push(socket);
  await once(socket, "connect");
  return socket;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

/** All that comes until the server closes. */
async function rest(socket: Socket): Promise<string> {
  let text = "";
  for await (const piece of socket) text += piece;
  return text;
}

/** Files of this test that this process holds open. */
async function openFiles(): Promise<number> {
  const names = await readdir("/proc/self/fd");
  const paths = await Promise.all(names.map((name) => readlink(`/proc/self/fd/${name}`).catch(() => "")));
  return paths.filter((path) => path.startsWith(folder)).length;
}

/** Waits for what has to come. */
async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const started = performance.now();
  while (!(await holds())) {
    if (performance.now() - started > 10_000) throw new Error("it did not come");
    await sleep(10);
  }
}

const connections = () => promisify(server.getConnections.bind(server))();

describe("pipelined requests", () => {
  it("are answered one at a time, in order", async () => {
    await listen();
    const socket = await open();
    socket.write(get("/slow") + get("/count") + get("/count"));
    await until(() => begun > 0);
    await sleep(50);
    expect(begun).toBe(1);
    release();
    let text = "";
    socket.on("data", (piece) => {
      text += piece;
    });
    await until(() => text.includes("\r\n\r\n3"));
    expect(text.match(/\r\n\r\n(slow|\d)/g)).toEqual(["\r\n\r\nslow", "\r\n\r\n2", "\r\n\r\n3"]);
    socket.write(get("/count"));
    await until(() => text.includes("\r\n\r\n4"));
  });

  it("close the connection if they exceed the limit", async () => {
    await listen({ pipelined: 4 });
    const socket = await open();
    socket.write(get("/slow") + get("/count").repeat(5));
    expect(await rest(socket)).toBe("");
    expect(begun).toBe(1);
  });

  it("are not started after the connection has closed", async () => {
    await listen();
    const socket = await open();
    socket.write(get("/slow") + get("/count"));
    await until(() => begun > 0);
    socket.destroy();
    const other = await open();
    release();
    other.write(get("/count"));
    expect(String(await once(other, "data"))).toContain("\r\n\r\n2");
  });
});

describe.skipIf(process.platform !== "linux")("files", () => {
  it.each(["/large.bin", "/api/runs/a/report.html"])("of abandoned requests are closed: %s", async (path) => {
    await listen();
    for (let i = 0; i < 10; i++) {
      const socket = await open();
      socket.write(get(path).repeat(10));
      if (i % 2 === 0) await once(socket, "readable");
      else await sleep(1);
      expect(await openFiles()).toBeLessThanOrEqual(2);
      socket.destroy();
    }
    await until(async () => (await openFiles()) === 0);
  });

  it("are closed after HEAD, and sent completely to a client that reads them", async () => {
    await listen();
    const { port } = server.address() as AddressInfo;
    for (const path of ["large.bin", "api/runs/a/report.html"]) {
      const address = `http://127.0.0.1:${port}/${path}`;
      expect((await fetch(address, { method: "HEAD" })).status).toBe(200);
      expect((await (await fetch(address)).arrayBuffer()).byteLength).toBe(large);
    }
    await until(async () => (await openFiles()) === 0);
  });
});

describe("slow clients", () => {
  it.each(["/large.bin", "/json"])("are disconnected if they read nothing: %s", async (path) => {
    await listen({ answer: 200 });
    const socket = await open();
    socket.pause();
    socket.write(get(path));
    await until(async () => (await connections()) === 0);
    await until(async () => (await openFiles()) === 0);
  });

  it("are disconnected if they read below the minimum rate", async () => {
    await listen({ answer: 300, rate: 1e9 });
    const socket = await open();
    socket.write(get("/large.bin"));
    const reading = setInterval(() => socket.read(1024), 5);
    socket.on("readable", () => undefined);
    await until(async () => (await connections()) === 0);
    clearInterval(reading);
  });

  it("may wait for a response without a time limit", async () => {
    await listen({ answer: 50, idle: 50 });
    const socket = await open();
    socket.write(get("/slow"));
    await sleep(1_500);
    release();
    expect(String(await once(socket, "data"))).toContain("slow");
  });

  it("get status 408 if their request takes too long to arrive", async () => {
    await listen({ request: 100, head: 100 });
    const socket = await open();
    socket.write("POST /length HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
    const text = await rest(socket);
    expect(text).toMatch(/^HTTP\/1\.1 408 Request Timeout/);
    expect(text).toContain('{"error":{"code":"TIMEOUT"');
  });
});

it("closes connections above the maximum at once", async () => {
  await listen({ connections: 2 });
  await open();
  await open();
  const third = await open();
  expect(await rest(third)).toBe("");
  sockets[0].destroy();
  await until(async () => (await connections()) < 2);
  const fourth = await open();
  fourth.write(get("/count"));
  expect(String(await once(fourth, "data"))).toContain("200 OK");
});

describe("a request that Node rejects before the app receives it", () => {
  it.each([
    ["no HTTP", "what\r\n\r\n", 400, "USAGE"],
    ["no host", "GET /count HTTP/1.1\r\n\r\n", 400, "USAGE"],
    ["a host that is none", "GET /count HTTP/1.1\r\nHost: a b\r\n\r\n", 400, "USAGE"],
    ["a long head", `GET /count HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(20_000)}\r\n\r\n`, 431, "TOO_LARGE"],
    ["a length that is none", "POST /length HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n", 400, "USAGE"],
    ["an expectation", "GET /count HTTP/1.1\r\nHost: a\r\nExpect: cake\r\n\r\n", 417, "USAGE"],
  ])("gets an error in the common format: %s", async (_, request, status, code) => {
    await listen();
    const socket = await open();
    socket.write(request);
    const [answer] = await once(socket, "data");
    expect(String(answer)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const [, body] = String(answer).split("\r\n\r\n");
    expect(JSON.parse(body)).toEqual({ error: { code, message: expect.any(String) } });
  });
});
