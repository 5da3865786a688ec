/**
 * Replacement for the programs that the documentation calls: the built command, with less work where it would take minutes, tools
 * of this repository, and servers in the background until the end of the page.
 *
 *   standIn.ts PROGRAM ARGUMENTS…
 */
import { spawn, spawnSync } from "node:child_process";
import { appendFileSync, existsSync, openSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { root } from "../contents.ts";

/** Arguments appended to a command; the last value of a repeated option counts. */
const less: Readonly<Record<string, string>> = {
  train: "--max-steps 2 --limit 4 --valid-limit 2 --threads 1",
  ablate: "--max-steps 1 --limit 2 --valid-limit 2 --seeds 1 --threads 1",
  explain: "--images 2 --points 16 --smooth 2 --steps 4 --threads 1",
  bench: "--backbone faceclip-mini --batch-size 2 --steps 1",
  demo: "--max-steps 1",
};

const main = join(root, "dist/apps/cli/main.js");
const tsx = join(root, "node_modules/tsx/dist/cli.mjs");
const { CALLED_PATH = "", PAGE = "", SERVERS = "", MPA_FER_PYTHON = "" } = process.env;
const [program, ...words] = process.argv.slice(2);
await call(program, words);

async function call(name: string, given: readonly string[]): Promise<void> {
  if (name === "npx") return await call(given[0], given.slice(1));
  if (name === "mpa-fer") {
    const [command] = given;
    const all = given.includes("--help") ? given : [...given, ...(less[command]?.split(" ") ?? [])];
    return command === "serve" ? await serve([main, ...all]) : run(process.execPath, [main, ...all]);
  }
  if (name === "tsx") {
    const file = [join(root, dirname(PAGE), given[0]), join(root, given[0])].find((path) => existsSync(path));
    return run(process.execPath, [tsx, file ?? given[0], ...given.slice(1)]);
  }
  if (name === "python" && MPA_FER_PYTHON !== "") return run(MPA_FER_PYTHON, given);
  if (name === "curl")
    return run(
      "curl",
      given.map((word) => (word.startsWith("https://example.org/") ? `file://${process.cwd()}/photo.jpg` : word)),
    );
  throw new Error(`nothing stands in for ${name} ${given.join(" ")}: say above its block why it is not run`);
}

function run(file: string, all: readonly string[]): void {
  const env = { ...process.env, PATH: CALLED_PATH };
  const { status } = spawnSync(file, all, { env, stdio: "inherit" });
  process.exitCode = status ?? 1;
}

/** Starts a server and resolves when it prints its address; the runner ends it with the page. */
async function serve(all: readonly string[]): Promise<void> {
  const said = `${SERVERS}.log`;
  const log = openSync(said, "w");
  const child = spawn(process.execPath, all, { stdio: ["ignore", log, log], detached: true });
  appendFileSync(SERVERS, `${child.pid}\n`);
  while (child.exitCode === null && !readFileSync(said, "utf8").includes("http://")) await setTimeout(100);
  if (child.exitCode !== null) process.stderr.write(readFileSync(said));
  process.exit(child.exitCode ?? 0);
}
