/**
 * `npm run soak:server -- --minutes 10`: overloads the built server. Clients on separate connections post pictures without pause,
 * and retry after a second when they are rejected; every answer is compared with that for the picture alone.
 * `--kills N` kills the model's process N times. Linux, because of /proc.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";
import { canvas } from "../test/canvas.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    connections: { type: "string", default: "200" },
    kills: { type: "string", default: "0" },
    record: { type: "string", default: "docs/records/soak-server.json" },
  },
});
const seconds = 60 * Number(values.minutes);
const warmUp = seconds / 10;
const started = performance.now();
const now = () => (performance.now() - started) / 1000;

const pictures = await Promise.all(
  Array.from({ length: 8 }, async (_, i) => {
    const drawn = await render(drawnFace(1, "test", i, "happiness"), 100);
    const faces = Array.from({ length: i % 4 }, (_, f) => ({
      picture: drawn,
      side: 70,
      left: 8 + 78 * f,
      top: 30 + 10 * f,
    }));
    return canvas(320, 160, faces);
  }),
);
const server = spawn(process.execPath, ["dist/apps/cli/main.js", "serve", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const [line] = await once(server.stdout, "data");
const url = new URL("api/predict", String(line).trim());

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly retryAfter?: string;
}

const post = (body: Buffer, agent?: Agent): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const asked = request(url, { method: "POST", agent, timeout: 60_000 }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, text, retryAfter: response.headers["retry-after"] });
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within a minute")));
    asked.on("error", reject);
    asked.end(body);
  });

/** Boxes and probabilities to three decimals, as different batches sum in a different order. */
const essence = (text: string): string =>
  JSON.stringify(JSON.parse(text), (_, value) => (typeof value === "number" ? Number(value.toFixed(3)) : value));
const expected: string[] = [];
for (const picture of pictures) expected.push(essence((await post(picture)).text));

const times: number[] = [];
const counts = { accepted: 0, turnedAway: 0, wrong: 0, other: 0 };

async function client(number: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = number; now() < seconds; i++) {
    const asked = now();
    const reply = await post(pictures[i % pictures.length], agent).catch(() => undefined);
    if (reply?.status === 200) {
      counts.accepted++;
      if (essence(reply.text) !== expected[i % pictures.length]) counts.wrong++;
      if (asked > warmUp) times.push(now() - asked);
    } else if (reply?.status === 503 && reply.retryAfter !== undefined) {
      counts.turnedAway++;
      await sleep(1000 * Number(reply.retryAfter));
    } else counts.other++;
  }
  agent.destroy();
}

const childrenOf = (parent: ChildProcess): number[] => {
  try {
    return execFileSync("pgrep", ["-P", String(parent.pid)], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map(Number);
  } catch {
    return []; // the process is being replaced
  }
};
const megabytes = (pid: number | undefined): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1000;

const memory: { seconds: number; server: number; model: number }[] = [];
async function watch(): Promise<void> {
  for (let i = 0; now() < seconds; i++) {
    await sleep((1000 * seconds) / 20);
    const [model] = childrenOf(server);
    memory.push({
      seconds: Math.round(now()),
      server: Math.round(megabytes(server.pid)),
      model: model === undefined ? 0 : Math.round(megabytes(model)),
    });
    if (i < Number(values.kills) && model !== undefined) process.kill(model, "SIGKILL");
    console.error(JSON.stringify({ ...memory.at(-1), ...counts }));
  }
}

await Promise.all([watch(), ...Array.from({ length: Number(values.connections) }, (_, i) => client(i))]);
const ending = performance.now();
server.kill("SIGTERM");
const [code] = await once(server, "exit");
times.sort((a, b) => a - b);
const quantile = (q: number) => Number(times[Math.min(times.length - 1, Math.floor(q * times.length))]?.toFixed(3));
const record = {
  command: `npm run soak:server -- --minutes ${values.minutes} --connections ${values.connections} --kills ${values.kills}`,
  counts,
  acceptedPerSecond: Number((counts.accepted / seconds).toFixed(2)),
  secondsOfAccepted: { median: quantile(0.5), p99: quantile(0.99), most: quantile(1) },
  memory,
  end: { code, seconds: Number(((performance.now() - ending) / 1000).toFixed(2)) },
  machine: { processor: cpus()[0].model.trim(), cores: cpus().length, node: process.version },
};
await writeFileAtomic(values.record, `${JSON.stringify(record, null, 2)}\n`);
console.error(JSON.stringify(record.secondsOfAccepted));
