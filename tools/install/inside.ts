/**
 * Isolated part of `npm run check:install`: installs the package and uses it. Packets to anything but the registry are dropped
 * silently, the worst case of a broken network. Prints one JSON line.
 */
import { execFileSync } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Newcomer } from "./newcomer.ts";
import { openRegistry } from "./registryRelay.ts";
import { type Report, taskSchema } from "./task.ts";

cutOff();
const task = taskSchema.parse(JSON.parse(process.argv[2]));
const registry = await openRegistry(task.socket);
const report: Report = { ...(await tryPackage()), ...(task.control && { control: await control() }) };
registry.close();
console.log(JSON.stringify(report));

/** Adds a route that drops packets; without a route, connections would fail immediately. */
function cutOff(): void {
  const orders = [
    "link set lo up",
    "link add near type veth peer name far",
    "addr add 192.0.2.2/24 dev near",
    "link set near up",
    "link set far up",
    "route add default via 192.0.2.1 dev near",
    "neigh add 192.0.2.1 lladdr 02:00:00:00:00:01 dev near",
  ];
  for (const order of orders) execFileSync("ip", order.split(" "));
}

async function newcomer(name: string): Promise<{ readonly who: Newcomer; readonly folder: string }> {
  const folder = join(task.folder, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "private": true }\n');
  return { who: new Newcomer(folder, task.node, task.npm, registry.url), folder };
}

async function tryPackage() {
  const { who, folder } = await newcomer("package");
  const started = performance.now();
  await who.install(task.tarball);
  const seconds = Math.round((performance.now() - started) / 1000);
  await copyFile(join(import.meta.dirname, "useLibrary.mjs"), join(folder, "useLibrary.mjs"));
  const server = await who.askServer(task.picture);
  return {
    installSeconds: seconds,
    version: (await who.command("--version")).trim(),
    welcomes: (await who.command()).includes("mpa-fer demo"),
    servesPage: server.page.includes("<script"),
    faces: {
      command: await who.predictByCommand(task.picture),
      library: await who.predictByLibrary("useLibrary.mjs", task.picture),
      server: server.faces,
    },
  };
}

async function control(): Promise<string> {
  const { who } = await newcomer("control");
  const started = performance.now();
  const after = () => `after ${Math.round((performance.now() - started) / 1000)} s`;
  try {
    await who.install("onnxruntime-node");
    return `installed ${after()}`;
  } catch (error) {
    const reason = /Error: (.*)/.exec(String(Object(error).stderr))?.[1] ?? "no answer";
    return `failed ${after()}: ${reason}`;
  }
}
