/** ONNX Runtime's telemetry is off: it stores no log of sessions. */
import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";

const root = join(import.meta.dirname, "../../..");
const opensSession = `
  import { readFile } from "node:fs/promises";
  import { openSession } from "${join(root, "src/graph/runtime/session.node.ts")}";
  const bytes = new Uint8Array(await readFile("${join(root, "models/centerface/model.onnx")}"));
  await (await openSession({ bytes, inputs: {}, outputs: {} })).dispose();
`;

let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "mpa-fer-home-"));
});
afterEach(() => rm(home, { recursive: true }));

it("opening a session writes no file into the home folder", async () => {
  const { ORT_DISABLE_TELEMETRY: _, GITHUB_ACTIONS: __, TF_BUILD: ___, CI: ____, ...rest } = process.env;
  const env = { ...rest, HOME: home, XDG_CACHE_HOME: join(home, "cache"), TSX_DISABLE_CACHE: "1", TMPDIR: tmpdir() };
  const words = ["--import", "tsx", "--input-type=module", "--eval", opensSession];
  await promisify(execFile)(process.execPath, words, { cwd: root, env });
  expect(await readdir(home, { recursive: true })).toEqual([]);
});
