/** Executes a page of the documentation: writes its modules to files and runs its commands unchanged. */
import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
const tsx = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

export class Guide {
  readonly #text: string;
  readonly #folder: string;

  private constructor(text: string, folder: string) {
    this.#text = text;
    this.#folder = folder;
  }

  /** writes every ```js block that begins with a file name into the folder */
  static async unpack(page: string, folder: string): Promise<Guide> {
    const text = await readFile(join(root, page), "utf8");
    for (const [, name, code] of text.matchAll(/^```js\n\/\/ ([\w.-]+)\n(.*?)^```$/gms)) {
      await writeFile(join(folder, name), code);
    }
    return new Guide(text, folder);
  }

  /** runs the one command of the page that contains this text, in the folder; returns its output and throws if it fails */
  async run(text: string): Promise<string> {
    const commands = [...this.#text.matchAll(/^npx mpa-fer (.*)$/gm)].filter(([line]) => line.includes(text));
    if (commands.length !== 1) throw new Error(`${commands.length} commands have ${text}`);
    const words = commands[0][1].split(" ");
    const command = ["--import", tsx, join(root, "src/apps/cli/main.ts"), ...words];
    const { stdout, stderr } = await promisify(execFile)(process.execPath, command, { cwd: this.#folder });
    return stdout + stderr;
  }
}
