/** The server as a process: many clients at once, a model that is killed, an end that finishes its work. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createConnection } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { canvas } from "../../../test/canvas.ts";
import { ExpressionRecognizer } from "../../faces/recognizer.node.ts";
import { drawnFace, render } from "../demo/dataset.ts";
import type { FilePrediction } from "../predict/filePrediction.ts";

const root = join(import.meta.dirname, "../../..");
let child: ChildProcess | undefined;
afterEach(() => {
  child?.kill("SIGKILL");
  child = undefined;
});

async function start(...argv: string[]): Promise<string> {
  const words = ["--import", "tsx", "src/apps/cli/main.ts", "serve", "--port", "0", "--threads", "1", ...argv];
  const started = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  child = started;
  const [url] = await once(started.stdout, "data");
  return String(url).trim();
}

const post = (url: string, body: BodyInit) => fetch(`${url}api/predict`, { method: "POST", body });
const picture = async (person: number, faces: number) => {
  const drawn = await render(drawnFace(1, "test", person, "neutral"), 120);
  return canvas(
    400,
    160,
    Array.from({ length: faces }, (_, i) => ({ picture: drawn, side: 120, left: 10 + 130 * i, top: 20 })),
  );
};

/** Process ids of the model's processes. */
async function models(): Promise<number[]> {
  const { stdout } = await promisify(execFile)("pgrep", ["-P", String(child?.pid)]).catch(() => ({ stdout: "" }));
  return stdout.trim().split("\n").filter(Boolean).map(Number);
}

it("answers each of many clients with the result of its own picture", async () => {
  const url = await start("--batch-size", "4");
  const pictures = await Promise.all([0, 1, 2, 3].map((person) => picture(person, 1 + (person % 3))));
  await using fer = await ExpressionRecognizer.load({ threads: 1 });
  const expected = await Promise.all(pictures.map((each) => fer.predict(each)));
  const answers = await Promise.all(
    Array.from({ length: 24 }, async (_, i) => {
      const response = await post(url, new Uint8Array(pictures[i % 4]));
      const [answer]: FilePrediction[] = await response.json();
      return answer.faces;
    }),
  );
  for (const [i, faces] of answers.entries()) {
    const wanted = expected[i % 4];
    expect(faces.map(({ box }) => box)).toEqual(wanted.map(({ box }) => box));
    for (const [f, { probabilities }] of faces.entries()) {
      for (const [name, p] of Object.entries(probabilities)) expect(p).toBeCloseTo(wanted[f].probabilities[name], 3);
    }
  }
});

it("survives the death of its model process: rejects its requests with 503, and answers later ones", async () => {
  const url = await start();
  const body = new Uint8Array(await picture(1, 2));
  const whole = await (await post(url, body)).json();
  for (let round = 0; round < 2; round++) {
    const waiting = Array.from({ length: 6 }, () => post(url, body));
    await new Promise((resolve) => setTimeout(resolve, 60));
    for (const pid of await models()) process.kill(pid, "SIGKILL");
    const statuses = (await Promise.all(waiting)).map(({ status }) => status);
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
    expect(statuses).toContain(503);
    let response = await post(url, body);
    for (; response.status === 503; response = await post(url, body)) {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(await response.json()).toEqual(whole);
  }
  expect(await (await fetch(`${url}metrics`)).text()).toContain("mpa_fer_model_replaced_total 2");
});

describe("shutdown", () => {
  it("finishes running requests and leaves no process", async () => {
    const url = await start();
    const body = new Uint8Array(await picture(2, 3));
    const pids = await models();
    const waiting = [post(url, body), post(url, body)];
    await new Promise((resolve) => setTimeout(resolve, 60));
    child?.kill("SIGTERM");
    const started = performance.now();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    if (child?.exitCode === null) await once(child, "exit");
    expect(child?.exitCode).toBe(0);
    expect(performance.now() - started).toBeLessThan(10_000);
    await expect(fetch(`${url}api/health`)).rejects.toThrow();
    await new Promise((resolve) => setTimeout(resolve, 100));
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow();
  });
});

it("disconnects a client that does not send its request head", async () => {
  const url = new URL(await start());
  const socket = createConnection(Number(url.port), url.hostname);
  await once(socket, "connect");
  socket.write("POST /api/predict HTTP/1.1\r\nHost: localhost\r\n");
  const [answer] = await once(socket, "data");
  expect(String(answer)).toMatch(/^HTTP\/1\.1 408/);
}, 30_000);

it("refuses to start with an incompatible checkpoint, or on a public address without a token", async () => {
  let token = "";
  const run = (...argv: string[]) =>
    promisify(execFile)(
      process.execPath,
      ["--import", "tsx", "src/apps/cli/main.ts", "serve", "--port", "0", ...argv],
      {
        cwd: root,
        env: { ...process.env, MPA_FER_TOKEN: token },
      },
    ).then(
      () => ({ code: 0, stderr: "" }),
      (error: { code: number; stderr: string }) => error,
    );
  const checkpoint = await run("--checkpoint", "models/faceclip-mini/model.safetensors");
  expect(checkpoint).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/CHECKPOINT: not a mpa-fer\/1 checkpoint/),
  });
  const open = await run("--host", "0.0.0.0");
  expect(open).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/USAGE: --host is 0\.0\.0\.0 but must be 127\.0\.0\.1/),
  });
  expect(await run("--runs", "none/of/these")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(
      /NOT_FOUND: the folder of runs cannot be read .*none\/of\/these\)\. Fix: check --runs/,
    ),
  });
  for (token of [" ", "first-line\nsecond-line"]) {
    expect(await run("--host", "0.0.0.0")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /^mpa-fer: ACCESS: the token (is|has) [^\n]* \(MPA_FER_TOKEN\). Fix: write 8 to 1024 [^\n]*\n$/,
      ),
    });
  }
});
