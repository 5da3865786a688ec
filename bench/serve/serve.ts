/**
 * Answers a second of the built server under several clients, each of which sends its next picture of 640 × 480 when the one before is
 * answered, and the CPU time that an answer takes in the server's process and in the model's. Linux, because of /proc.
 *
 *   npm run bench:serve -- --out docs/records/serve-speed.json
 *
 * --clients, --rounds and --seconds of a round change the work, --threads those of the server; --faces names a folder of pictures of one
 * face each, in place of drawn ones; --baseline a built checkout of this project, which is measured in turns.
 */
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../../src/platform/files.node.ts";
import { packageFile, versions } from "../../src/platform/package.node.ts";
import { modelOf } from "../../tools/soakServer/watch.ts";
import { machine } from "../machine.ts";
import { writeScenes } from "../photographs/scenes.ts";
import { median } from "../statistics.ts";
import type { ClientRound, ClientsResult } from "./clients.ts";

const { values: flags } = parseArgs({
  options: {
    clients: { type: "string", default: "8" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "6" },
    threads: { type: "string", default: "1" },
    faces: { type: "string" },
    baseline: { type: "string" },
    out: { type: "string" },
  },
});
const [clients, rounds, seconds] = [Number(flags.clients), Number(flags.rounds), Number(flags.seconds)];

interface Server {
  readonly name: string;
  readonly process: ChildProcess;
  readonly pid: number;
  readonly model: number;
  readonly url: string;
}

interface Round {
  readonly answers_per_s: number;
  readonly server_cpu_ms: number;
  readonly model_cpu_ms: number;
  /** processors that both had, less than they could use where the machine is shared */
  readonly processors: number;
  readonly p50_ms: number;
  readonly p95_ms: number;
}

const folder = await mkdtemp(join(tmpdir(), "mpa-fer-serve-"));
const servers: Server[] = [];
const sender = fork(join(import.meta.dirname, "clients.ts"));
try {
  const [scenes] = await writeScenes(folder, { faces: flags.faces, most: 20 });
  servers.push(await started("mpa-fer", packageFile(".")));
  if (flags.baseline !== undefined) servers.push(await started("mpa-fer, baseline", flags.baseline));
  const measured = new Map(servers.map((server): [Server, Round[]] => [server, []]));
  // The first round compiles code and kernels, and does not count.
  for (let round = 0; round <= rounds; round++) {
    for (const [server, own] of measured) {
      const result = await roundOf(server, scenes.files);
      if (round > 0) own.push(result);
    }
  }
  const rows = [...measured].map(([{ name }, own]) => ({ server: name, ...medians(own) }));
  const record = {
    command: `npm run bench:serve${flags.baseline === undefined ? "" : " -- --baseline"}`,
    ...{ machine: machine(), versions: versions(), picture: scenes.name, clients, threads: Number(flags.threads) },
    ...{ rounds, seconds, faces: flags.faces === undefined ? "drawn" : "given", load_average: loadavg()[0], rows },
  };
  if (flags.out !== undefined) await writeFileAtomic(flags.out, `${JSON.stringify(record, null, 1)}\n`);
  process.stdout.write(`${JSON.stringify(rows, null, 1)}\n`);
} finally {
  sender.kill();
  for (const server of servers) server.process.kill();
  await rm(folder, { recursive: true, force: true });
}

/** Starts the built server of a checkout and waits until it listens. */
async function started(name: string, root: string): Promise<Server> {
  const words = [join(root, "dist/apps/cli/main.js"), "serve", "--port", "0", "--threads", flags.threads];
  const child = spawn(process.execPath, words, { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = await once(child.stdout, "data");
  const model = modelOf(Number(child.pid));
  if (model === undefined) throw new Error(`${name} has no process of the model`);
  return { name, process: child, pid: Number(child.pid), model, url: `${String(line).trim()}api/predict` };
}

async function roundOf({ pid, model, url }: Server, files: readonly string[]): Promise<Round> {
  const before = [cpuMilliseconds(pid), cpuMilliseconds(model)];
  const round: ClientRound = { url, files, clients, seconds };
  sender.send(round);
  const [result]: ClientsResult[] = await once(sender, "message");
  if ("error" in result) throw new Error(result.error);
  const { latencies, elapsed } = result;
  const [server, own] = [cpuMilliseconds(pid) - before[0], cpuMilliseconds(model) - before[1]];
  const sorted = latencies.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(share * sorted.length)];
  return {
    answers_per_s: latencies.length / elapsed,
    ...{ server_cpu_ms: server / latencies.length, model_cpu_ms: own / latencies.length },
    processors: (server + own) / 1000 / elapsed,
    ...{ p50_ms: at(0.5), p95_ms: at(0.95) },
  };
}

/** User and system time of a process; Linux counts it in hundredths of a second. */
function cpuMilliseconds(pid: number): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return 10 * (Number(afterName[11]) + Number(afterName[12]));
}

function medians(rounds: readonly Round[]): Round {
  const of = (figure: keyof Round) => Number(median(rounds.map((round) => round[figure])).toFixed(2));
  return {
    answers_per_s: of("answers_per_s"),
    ...{ server_cpu_ms: of("server_cpu_ms"), model_cpu_ms: of("model_cpu_ms"), processors: of("processors") },
    ...{ p50_ms: of("p50_ms"), p95_ms: of("p95_ms") },
  };
}
