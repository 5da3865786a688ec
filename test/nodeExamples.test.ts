/** Node examples, run as their READMEs describe, with this checkout as the package. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { canvas } from "./canvas.ts";

const root = join(import.meta.dirname, "..");
let folder: string;
let picture: Buffer;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-"));
  const drawn = await render(drawnFace(1, "test", 2, "happiness"), 100);
  picture = await canvas(400, 240, [{ picture: drawn, side: 100, left: 150, top: 60 }]);
  await writeFile(join(folder, "face.png"), picture);
  await writeFile(join(folder, "none.png"), await canvas(200, 100, []));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("the script reads a folder", async () => {
  const words = ["--import", "tsx", "examples/node/expressions.ts", folder];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: root });
  const [face, none, together] = stdout.trim().split("\n");
  expect(face).toMatch(/face\.png: \w+ \(\d+ %\)$/);
  expect(none).toMatch(/none\.png: no face$/);
  expect(together).toMatch(/^together: \{ \w+: 1 \}$/);
});

it("the server answers on its route, and ends on a signal", async () => {
  const words = ["--import", "tsx", "examples/server/server.ts", "0"];
  const server = spawn(process.execPath, words, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  try {
    const [line] = await once(server.stdout, "data");
    const url = String(line).trim();
    const answered = await fetch(url, { method: "POST", body: new Uint8Array(picture) });
    expect(await answered.json()).toMatchObject([{ label: expect.any(String), box: expect.any(Array) }]);
    const refused = await fetch(url, { method: "POST", body: "no picture" });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toEqual({ error: expect.stringMatching(/^the image cannot be decoded/) });
  } finally {
    server.kill("SIGTERM");
    const [code] = await once(server, "exit");
    expect(code).toBe(0);
  }
});
