/** A new user's environment: one version of Node, an empty folder and the registry, isolated from this repository. */
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

  /** `node` is the executable and `npm` the script of npm; the folder is empty. */
  constructor(folder: string, node: string, npm: string, registry: string) {
    this.#folder = folder;
    this.#node = node;
    this.#npm = npm;
    this.#env = {
      HOME: folder,
      PATH: [dirname(node), "/usr/bin", "/bin"].join(delimiter),
      npm_config_registry: registry,
      // The metadata of a mirror contains the mirror's own URLs.
      npm_config_replace_registry_host: "always",
    };
  }

  /** Installs with npm's default settings and returns its output. Throws with the output if it fails. */
  install = (what: string): Promise<string> => this.#run(this.#node, [this.#npm, "install", what]);

  /** Runs the command and returns its standard output. */
  command = (...words: readonly string[]): Promise<string> => this.#run(this.#bin, words);

  /** Runs a script that imports the package. */
  script = (file: string, ...words: readonly string[]): Promise<string> =>
    this.#run(this.#node, [join(this.#folder, file), ...words]);

  async predictByCommand(picture: string): Promise<Faces> {
    return files.parse(JSON.parse(await this.command("predict", picture, "--json", "-")))[0].faces;
  }

  async predictByLibrary(script: string, picture: string): Promise<Faces> {
    return facesSchema.parse(JSON.parse(await this.script(script, picture)));
  }

  /** Starts the server, and fetches its page and the predictions of a picture. */
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
