/**
 * `npm run check:install`: packs the build, and installs and uses it with several versions of Node in a network namespace with the
 * npm registry only. Linux; requires root or user namespaces for `unshare`.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { arch, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { drawnFace, render } from "../../src/apps/demo/dataset.ts";
import { writeFileAtomic } from "../../src/platform/files.node.ts";
import { canvas } from "../../test/canvas.ts";
import { isModel, pack, unpackedSize } from "../package/pack.ts";
import { relayRegistry } from "./registryRelay.ts";
import { type Report, reportSchema, type Task } from "./task.ts";

/** Oldest supported version of Node and the newest of each later major, each with its bundled npm. */
const versions = [
  { node: "20.19.0", npm: "10" },
  { node: "22", npm: "10" },
  { node: "24", npm: "11" },
] as const;

const { values } = parseArgs({ options: { record: { type: "string", default: "docs/records/install.json" } } });
const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), "mpa-fer-install-"));
const relay = await relayRegistry(await registryAddress(), join(folder, "registry"));
try {
  const packed = pack(folder);
  const sizes = {
    packed: packed.size,
    unpackedWithoutModels: unpackedSize(packed, (path) => !isModel(path)),
    models: unpackedSize(packed, isModel),
  };
  const picture = await drawPicture();
  const installed = [];
  for (const [i, wanted] of versions.entries()) {
    installed.push(await tryVersion(wanted, { tarball: packed.tarball, picture, control: i === 0 }));
    console.log(JSON.stringify(installed.at(-1)));
  }
  const record = { command: "npm run check:install", platform: `linux ${arch()}`, sizes, installed };
  await writeFileAtomic(values.record, `${JSON.stringify(record, null, 2)}\n`);
} finally {
  relay.close();
  relay.closeAllConnections();
  await rm(folder, { recursive: true });
}

async function tryVersion(wanted: (typeof versions)[number], task: Pick<Task, "tarball" | "picture" | "control">) {
  const place = join(folder, wanted.node);
  const programs = await fetchPrograms(place, wanted);
  const report = await inside({ folder: place, socket: join(folder, "registry"), ...programs, ...task });
  const [node, npm] = [await version(programs.node), await version(programs.node, programs.npm)];
  await rm(place, { recursive: true });
  return { node, npm, ...hold(report) };
}

/** Installs Node and npm as packages, before the network is disconnected. */
async function fetchPrograms(place: string, wanted: (typeof versions)[number]) {
  const name = `node-linux-${arch()}`;
  await mkdir(place);
  await writeFile(join(place, "package.json"), "{}");
  await run("npm", ["install", `${name}@${wanted.node}`, `npm@${wanted.npm}`], { cwd: place });
  const modules = join(place, "node_modules");
  return { node: join(modules, name, "bin/node"), npm: join(modules, "npm/bin/npm-cli.js") };
}

async function inside(task: Task): Promise<Report> {
  const script = ["node_modules/.bin/tsx", join(import.meta.dirname, "inside.ts"), JSON.stringify(task)];
  const { stdout } = await run("unshare", ["--map-root-user", "--net", ...script]);
  return reportSchema.parse(JSON.parse(stdout));
}

/** Checks the results. Throws for the first unexpected one. */
function hold({ faces, control, ...report }: Report) {
  if (!report.welcomes || !report.servesPage) throw new Error(`no welcome or no page: ${JSON.stringify(report)}`);
  if (control?.startsWith("installed")) throw new Error("the network is not cut off");
  const [command, ...others] = Object.values(faces).map(([face]) => face);
  const differences = others.flatMap(({ probabilities }) =>
    Object.entries(probabilities).map(([name, p]) => Math.abs(p - command.probabilities[name])),
  );
  const largestDifference = Math.max(...differences);
  if (!(largestDifference < 1e-3)) throw new Error(`command, library and server differ by ${largestDifference}`);
  return { ...report, label: command.label, largestDifference, ...(control && { onnxruntimeAlone: control }) };
}

async function drawPicture(): Promise<string> {
  const file = join(folder, "face.png");
  const drawn = await render(drawnFace(1, "test", 2, "happiness"), 100);
  await writeFile(file, await canvas(400, 240, [{ picture: drawn, side: 100, left: 150, top: 60 }]));
  return file;
}

async function version(...words: readonly [string, ...string[]]): Promise<string> {
  const [file, ...rest] = words;
  return (await run(file, [...rest, "--version"])).stdout.trim();
}

async function registryAddress(): Promise<URL> {
  return new URL((await run("npm", ["config", "get", "registry"])).stdout.trim());
}
