/** Model process: what happens when it hangs in its work or while it loads, and when it is replaced. */

import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { defaultPatience, type ModelHost, type Patience, startModelHost } from "../src/apps/serve/modelHost.ts";
import { recognizerOptions } from "../src/faces/options.node.ts";

/** Loader for the child process, whose entry is TypeScript; it inherits the flags of this process. */
const asTypeScript = ["--import", "tsx"];
beforeAll(() => void process.execArgv.push(...asTypeScript));
afterAll(() => void process.execArgv.splice(-asTypeScript.length));

let host: ModelHost | undefined;
const notices: string[] = [];
afterEach(() => {
  host?.close();
  notices.length = 0;
});

async function start(patience: Partial<Patience> = {}): Promise<ModelHost> {
  const notice = (line: string) => notices.push(line);
  host = await startModelHost({
    recognizer: recognizerOptions.parse({ threads: 1 }),
    notice,
    patience: { ...defaultPatience, ...patience },
  });
  return host;
}

const ask = async (asked: ModelHost) => {
  const bytes = await render(drawnFace(1, "test", 1, "happiness"), 64);
  const [answer] = await asked.answer([{ id: 5, bytes, detect: false }]);
  return answer;
};

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(20);
}

const pidOf = ({ pid }: ModelHost): number => {
  if (pid === undefined) throw new Error("there is no process");
  return pid;
};

it("ends a hanging process, and answers with the next one", async () => {
  const model = await start({ base: 1_000, picture: 500 });
  expect(await ask(model)).toMatchObject({ id: 5, faces: [{ label: expect.any(String) }] });
  const first = pidOf(model);
  process.kill(first, "SIGSTOP");
  const hanging = ask(model);
  await until(() => model.isOverdue);
  expect(model.pid).toBe(first);
  await expect(hanging).rejects.toThrow("the model took too long");
  expect([model.isOverdue, model.pid]).toEqual([false, undefined]);
  await expect(ask(model)).rejects.toThrow("the model is being started again");
  await until(() => model.pid !== undefined);
  expect(await ask(model)).toMatchObject({ id: 5 });
  expect([model.replaced, pidOf(model) === first]).toEqual([1, false]);
}, 60_000);

it("allows more time for many faces", async () => {
  const model = await start({ base: 0, picture: 5_000, face: 60_000 });
  const bytes = await render(drawnFace(1, "test", 1, "happiness"), 64);
  const many = Array.from({ length: 40 }, (_, id) => ({ id, bytes, detect: false }));
  expect(await model.answer(many)).toHaveLength(40);
  const hasty = await start({ base: 0, picture: 5_000, face: 0 });
  await expect(hasty.answer(many)).rejects.toThrow("the model took too long");
  model.close();
}, 60_000);

it("ends a process that hangs during loading, and retries", async () => {
  const model = await start({ start: 0 });
  const first = pidOf(model);
  process.kill(first, "SIGKILL");
  await until(() => model.pid === undefined);
  let stopped: number | undefined;
  while (stopped === undefined) stopped = (await children()).find((pid) => pid !== first);
  process.kill(stopped, "SIGSTOP");
  await expect(ask(model)).rejects.toThrow("the model is being started again");
  await until(() => model.pid !== undefined);
  expect(notices.join("\n")).toMatch(/could not be started again \(the model's process did not load the model within/);
  expect(await ask(model)).toMatchObject({ id: 5 });
  expect(() => process.kill(Number(stopped), 0)).toThrow();
}, 120_000);

it("can be stopped during loading", async () => {
  const stop = new AbortController();
  const starting = startModelHost({ recognizer: recognizerOptions.parse({ threads: 1 }), signal: stop.signal });
  setTimeout(() => stop.abort(), 50);
  await expect(starting).rejects.toMatchObject({ code: "INTERRUPTED" });
  await expect(startModelHost({ recognizer: recognizerOptions.parse({}), signal: stop.signal })).rejects.toMatchObject({
    code: "INTERRUPTED",
  });
});

async function children(): Promise<number[]> {
  const { stdout } = await promisify(execFile)("pgrep", ["-P", String(process.pid), "-f", "modelProcess"]).catch(
    () => ({
      stdout: "",
    }),
  );
  return stdout.trim().split("\n").filter(Boolean).map(Number);
}
