/** Somebody who has one version of Node, an empty folder, and the registry; nothing of this checkout is in the way. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { type Faces, facesSchema } from "./task.ts";

const files = z.tuple([z.object({ faces: facesSchema })]);

/** milliseconds */
const patience = 300_000;

export class Newcomer {
  readonly #folder: string;
  readonly #node: string;
  readonly #npm: string;
  readonly #env: NodeJS.ProcessEnv;

  /** `node` and `npm` are the program's file and npm's script; the folder is empty. */
  constructor(folder: string, node: string, npm: string, registry: string) {
    this.#folder = folder;
    this.#node = node;
    this.#npm = npm;
    this.#env = {
      HOME: folder,
      PATH: [dirname(node), "/usr/bin", "/bin"].join(delimiter),
      npm_config_registry: registry,
      // A mirror's lists name its own addresses.
      npm_config_replace_registry_host: "always",
    };
  }

  /** Installs with npm's own settings, and gives what it said; throws with that where it fails. */
  install = (what: string): Promise<string> => this.#run(this.#node, [this.#npm, "install", what]);

  /** What the command writes to standard output. */
  command = (...words: readonly string[]): Promise<string> => this.#run(this.#bin, words);

  /** A script that imports the package. */
  script = (file: string, ...words: readonly string[]): Promise<string> =>
    this.#run(this.#node, [join(this.#folder, file), ...words]);

  async predictByCommand(picture: string): Promise<Faces> {
    return files.parse(JSON.parse(await this.command("predict", picture, "--json", "-")))[0].faces;
  }

  async predictByLibrary(script: string, picture: string): Promise<Faces> {
    return facesSchema.parse(JSON.parse(await this.script(script, picture)));
  }

  /** The server's page, and what it reads in the picture. */
  async askServer(picture: string): Promise<{ readonly page: string; readonly faces: Faces }> {
    const server = spawn(this.#bin, ["serve", "--port", "0"], { ...this.#place, stdio: ["ignore", "pipe", "ignore"] });
    try {
      const [line] = await once(server.stdout, "data");
      const url = String(line).trim();
      const page = await (await fetch(url)).text();
      const body = new Uint8Array(await readFile(picture));
      const answer = await fetch(new URL("api/predict", url), { method: "POST", body });
      return { page, faces: files.parse(await answer.json())[0].faces };
    } finally {
      server.kill("SIGTERM");
      await once(server, "exit");
    }
  }

  get #bin(): string {
    return join(this.#folder, "node_modules/.bin/mpa-fer");
  }

  get #place() {
    return { cwd: this.#folder, env: this.#env };
  }

  async #run(file: string, words: readonly string[]): Promise<string> {
    const { stdout } = await promisify(execFile)(file, words, { ...this.#place, timeout: patience });
    return stdout;
  }
}
