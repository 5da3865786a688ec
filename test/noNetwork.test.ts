/** No network access unless the user names a model on the hub or an endpoint, and none at all with --offline. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { drawnFolder } from "./drawnFolder.ts";

const root = join(import.meta.dirname, "..");
/** Preload that ends the process at the first DNS look-up and the first connection other than a local pipe. */
const watch = `
  import dns from "node:dns";
  import net from "node:net";
  const caught = (what) => { process.stderr.write("NETWORK ASKED: " + what + "\\n"); process.exit(99); };
  const connect = net.Socket.prototype.connect;
  net.Socket.prototype.connect = function (...args) {
    const [first] = [args[0]].flat(2);
    if (first?.path === undefined) caught("connection");
    return connect.apply(this, args);
  };
  dns.lookup = () => caught("name");
`;

let folder: string;
let data: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-offline-"));
  await writeFile(join(folder, "watch.mjs"), watch);
  data = await drawnFolder(join(folder, "data"), { train: 3, valid: 2 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function call(...argv: string[]): Promise<{ readonly code: number; readonly stderr: string }> {
  const words = ["--import", join(folder, "watch.mjs"), "--import", "tsx", join(root, "src/apps/cli/main.ts"), ...argv];
  const env = { ...process.env, HF_HUB_CACHE: join(folder, "cache"), HF_HUB_OFFLINE: "", MPA_FER_API_KEY: "x" };
  return promisify(execFile)(process.execPath, words, { cwd: root, env }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, stderr }),
  );
}

it("trains, evaluates and predicts without the network", async () => {
  const shared = ["--data", data, "--dataset", "folder", "--threads", "1"];
  const run = join(folder, "run");
  const train = ["train", ...shared, "--hard-prompt", "2", "--epochs", "1", "--max-steps", "2", "--out", run];
  const evaluate = ["evaluate", ...shared, "--checkpoint", join(run, "best.safetensors")];
  const predict = ["predict", join(data, "valid", "cross", "0.png"), "--threads", "1"];
  for (const argv of [train, evaluate, predict]) expect(await call(...argv)).toMatchObject({ code: 0 });
});

it("detects network access for a model on the hub, which --offline forbids", async () => {
  const argv = ["doctor", "--help"];
  expect(await call(...argv)).toMatchObject({ code: 0, stderr: "" });
  const hub = ["predict", join(data, "valid", "cross", "0.png"), "--backbone", "someone/clip"];
  expect(await call(...hub)).toMatchObject({ code: 99, stderr: expect.stringMatching(/NETWORK ASKED/) });
  expect(await call(...hub, "--offline")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^mpa-fer: NETWORK: someone\/clip needs the network, which --offline forbids. Fix: leave --offline out$/m,
    ),
  });
});

it("does not query an endpoint for descriptions with --offline", async () => {
  const ask = ["describe", "--file", join(folder, "made.json"), "--base-url", "http://127.0.0.1:9/v1", "--model", "x"];
  expect(await call(...ask, "--offline")).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/NETWORK: http:\/\/127/),
  });
});
