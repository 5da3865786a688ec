/**
 * `npm run soak:server -- --minutes 10`: good, bad, hostile and abandoned requests, mixed over the whole time on separate
 * connections, against the built server. Every answer to a good picture is compared with that for the picture alone; every
 * other request has to end as its kind may. `--kills N` kills the model's process N times. Writes a record and ends with exit
 * code 1 if a demand is not met (`soakServer/demands.ts`). Linux, because of /proc.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent } from "node:http";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";
import { Random } from "../src/platform/random.ts";
import { canvas } from "../test/canvas.ts";
import { patience, post } from "./soakServer/client.ts";
import { bounds, count, failedDemands, riseOf, type Sample, type Tally } from "./soakServer/demands.ts";
import { formOf, formType, groups, type Kind, requestKinds, send } from "./soakServer/requests.ts";
import { healthOf, leftIn, medianOf, modelOf, sample } from "./soakServer/watch.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    connections: { type: "string", default: "200" },
    kills: { type: "string", default: "0" },
    record: { type: "string", default: "docs/records/soak-server.json" },
  },
});
const [seconds, connections, kills] = [60 * Number(values.minutes), Number(values.connections), Number(values.kills)];
const warmUp = seconds / 10;
/** Shares of the connections; the rest asks about good pictures. */
const shares = { bad: 0.15, hostile: 0.25, abandoned: 0.15 };
/** Longest pause between two requests of a connection, in milliseconds. */
const pauses = { bad: 1_000, hostile: 2_000, abandoned: 1_000 };
/** Three of four good clients rest every other fortieth of the time, so that the queue is full and has room by turns. */
const wave = seconds / 40;

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
const kinds = await requestKinds(pictures[1]);
const server = spawn(process.execPath, ["dist/apps/cli/main.js", "serve", "--port", "0"], {
  stdio: ["ignore", "pipe", "inherit"],
});
const pid = Number(server.pid);
const [line] = await once(server.stdout, "data");
const url = new URL("api/predict", String(line).trim());

const expected: string[] = [];
for (const picture of pictures) expected.push(...answersOf((await post(url, picture)).text));

const times: number[] = [];
const tallies: Record<string, Tally> = {
  ...{
    picture: { group: "good", sent: 0, outcomes: {}, wrong: 0 },
    form: { group: "good", sent: 0, outcomes: {}, wrong: 0 },
  },
  ...Object.fromEntries(kinds.map(({ name, group }) => [name, { group, sent: 0, outcomes: {}, wrong: 0 }])),
};
const counts = { sent: 0, accepted: 0, turnedAway: 0, wrong: 0, other: 0 };
const health: Record<string, number> = {};
const samples: Sample[] = [];
let killed = 0;

const before = await idleSample(0);
const started = performance.now();
const now = () => (performance.now() - started) / 1000;
const isOver = () => now() >= seconds;
const of = (group: keyof typeof shares) => Math.max(1, Math.round(shares[group] * connections));
const others = groups.flatMap((group) => Array.from({ length: of(group) }, (_, i) => otherClient(group, i)));
const good = Array.from({ length: Math.max(1, connections - others.length) }, (_, i) => goodClient(i));
await Promise.all([watch(), pollHealth(), ...good, ...others]);
const after = await idleSample(now());
const left = await leftIn(url);

const ending = performance.now();
server.kill("SIGTERM");
const [code] = await once(server, "exit");
times.sort((a, b) => a - b);
const quantile = (q: number) => Number(times[Math.min(times.length - 1, Math.floor(q * times.length))]?.toFixed(3));
const figures = ["server", "model", "serverDescriptors", "modelDescriptors"] as const;
const memory = Array.from({ length: 20 }, (_, i) =>
  samples.filter(({ seconds: at }) => Math.min(19, Math.floor((20 * at) / seconds)) === i),
).flatMap((part) => (part.length === 0 ? [] : [medianOf(part)]));
const record = {
  command: `npm run soak:server -- --minutes ${values.minutes} --connections ${values.connections} --kills ${values.kills}`,
  connections: { good: good.length, ...Object.fromEntries(groups.map((group) => [group, of(group)])) },
  patienceSeconds: patience / 1000,
  counts,
  kinds: tallies,
  health,
  acceptedPerSecond: Number((counts.accepted / seconds).toFixed(2)),
  secondsOfAccepted: { median: quantile(0.5), p99: quantile(0.99), most: quantile(1) },
  rise: Object.fromEntries(figures.map((figure) => [figure, Number(riseOf(memory, figure).toFixed(1))])),
  bounds,
  memory,
  idle: { before, after },
  left,
  kills: killed,
  end: { code, seconds: Number(((performance.now() - ending) / 1000).toFixed(2)) },
  machine: { processor: cpus()[0].model.trim(), cores: cpus().length, node: process.version },
};
const failed = failedDemands(record);
await writeFileAtomic(values.record, `${JSON.stringify({ ...record, failed }, null, 2)}\n`);
console.error(JSON.stringify({ counts, health, rise: record.rise, times: record.secondsOfAccepted }));
for (const each of failed) console.error(`failed: ${each}`);
process.exitCode = failed.length === 0 ? 0 : 1;

/** The faces of each picture, to three decimals, as different batches sum in a different order. */
function answersOf(text: string): string[] {
  const answers: { faces: unknown }[] = JSON.parse(text);
  const rounded = (_: string, value: unknown) => (typeof value === "number" ? Number(value.toFixed(3)) : value);
  return answers.map(({ faces }) => JSON.stringify(faces, rounded));
}

/** Asks about pictures, every fourth time about three in a form; asks again while the server is busy. */
async function goodClient(number: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let i = number; !isOver(); i++) {
    if (number % 4 !== 0 && Math.floor(now() / wave) % 2 === 1) await sleep(200);
    else await askGood(agent, i);
  }
  agent.destroy();
}

async function askGood(agent: Agent, i: number): Promise<void> {
  const isForm = i % 4 === 3;
  const asked = (isForm ? [i, i + 1, i + 2] : [i]).map((each) => each % pictures.length);
  const body = isForm ? formOf(asked.map((each) => pictures[each])) : pictures[asked[0]];
  const tally = isForm ? tallies.form : tallies.picture;
  counts.sent++;
  for (;;) {
    const since = now();
    const reply = await post(url, body, { agent, contentType: isForm ? formType : undefined }).catch(() => undefined);
    if (reply?.status === 503 && reply.retryAfter !== undefined) {
      counts.turnedAway++;
      await sleep(1000 * Number(reply.retryAfter));
      continue;
    }
    const isRight =
      reply?.status === 200 && answersOf(reply.text).join() === asked.map((each) => expected[each]).join();
    count(tally, reply?.status ?? "unanswered", !isRight);
    if (isRight) counts.accepted++;
    else if (reply?.status === 200) counts.wrong++;
    else counts.other++;
    if (isRight && since > warmUp) times.push(now() - since);
    return;
  }
}

/** Sends requests of all kinds of a group; the clients begin evenly spread over them. */
async function otherClient(group: Kind["group"], number: number): Promise<void> {
  const own = kinds.filter((kind) => kind.group === group);
  const random = new Random("soak", group, number);
  for (let i = Math.floor((number * own.length) / of(group)); !isOver(); i++) {
    const kind = own[i % own.length];
    const outcome = await send(url, kind, random);
    count(tallies[kind.name], outcome, !kind.may.includes(outcome));
    await sleep(random.uniform(0, pauses[group]));
  }
}

async function watch(): Promise<void> {
  for (let i = 0; !isOver(); i++) {
    await sleep((1000 * seconds) / 200);
    const taken = sample(pid, now());
    if (taken !== undefined) samples.push(taken);
    if (i % 10 !== 9) continue;
    console.error(JSON.stringify({ ...taken, ...counts }));
    const model = modelOf(pid);
    if (killed >= kills || model === undefined) continue;
    process.kill(model, "SIGKILL");
    killed++;
  }
}

async function pollHealth(): Promise<void> {
  while (!isOver()) {
    const state = await healthOf(url);
    health[state] = (health[state] ?? 0) + 1;
    await sleep(1_000);
  }
}

/** The server when nobody asks: its idle connections have been closed by then. */
async function idleSample(seconds: number): Promise<Sample> {
  await sleep(8_000);
  const taken = sample(pid, seconds);
  if (taken === undefined) throw new Error("the model's process is not there");
  return taken;
}
