import { EventEmitter } from "node:events";
import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MpaError } from "../../platform/errors.ts";
import { type DemoConfig, demoSchema } from "../demo/options.ts";
import { type PredictConfig, predictSchema } from "../predict/options.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { describeError, program } from "./program.ts";

interface Bodies {
  demo?(config: DemoConfig, context: CommandContext, press: () => void): Promise<void>;
  predict?(config: PredictConfig, context: CommandContext): Promise<number>;
}

/** Runs a call with these bodies of commands, and tells all that it left. */
async function call(argv: readonly string[], bodies: Bodies = {}) {
  const [stdout, stderr, exits, loaded]: [string[], string[], number[], string[]] = [[], [], [], []];
  const signals = new EventEmitter();
  const press = () => void signals.emit("SIGINT");
  const commands = [
    defineCommand({
      name: "demo",
      summary: "shows it",
      example: "demo",
      schema: demoSchema,
      load: async () => {
        loaded.push("demo");
        return { run: async (config, context) => await bodies.demo?.(config, context, press) };
      },
    }),
    defineCommand({
      name: "predict",
      summary: "predicts",
      example: "predict a.jpg",
      schema: predictSchema,
      load: async () => ({ run: async (config, context) => (await bodies.predict?.(config, context)) ?? 0 }),
    }),
  ];
  const code = await program(argv, commands, {
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
    isTerminal: true,
    hasColour: false,
    signals,
    version: "1.2.3",
    columns: () => 80,
    clock: () => 0,
    exit: (exitCode) => exits.push(exitCode),
  });
  return { code, stdout: stdout.join(""), stderr: stderr.join(""), exits, loaded, listeners: signals.eventNames() };
}

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "program-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("without a command", () => {
  test("prints an introduction", async () => {
    const { code, stdout, stderr } = await call([]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const next of ["npm run demo", "npx mpa-fer predict ", "npx mpa-fer train ", "npx mpa-fer --help"]) {
      expect(stdout).toContain(next);
    }
  });

  test.each(["--help", "-h", "help"])("%s lists the commands", async (flag) => {
    const { code, stdout } = await call([flag]);
    expect(code).toBe(0);
    expect(stdout).toContain("\n  demo                        shows it\n  predict                     predicts\n");
  });

  test("help COMMAND is the help of the command", async () => {
    const { stdout } = await call(["predict", "--help"]);
    expect(await call(["help", "predict"])).toMatchObject({ code: 0, stdout, stderr: "" });
    expect(await call(["help", "fly"])).toMatchObject({ code: 2, stdout: "" });
  });

  test("--version is the version alone", async () => {
    expect(await call(["--version"])).toMatchObject({ code: 0, stdout: "1.2.3\n", stderr: "" });
  });

  test.each([
    [["demmo"], "mpa-fer: USAGE: there is no command demmo, did you mean demo?\n"],
    [["fly\u001b[2J"], "mpa-fer: USAGE: there is no command fly\\u001b[2J. Fix: see npx mpa-fer --help\n"],
    [["--quiet", "demo"], "mpa-fer: USAGE: --quiet stands where the command has to be. Fix: see npx mpa-fer --help\n"],
  ])("%j is wrong", async (argv, stderr) => {
    expect(await call(argv)).toMatchObject({ code: 2, stdout: "", stderr });
  });
});

describe("a command", () => {
  test("gets its configuration: command line over file over default", async () => {
    const path = join(folder, "run.yaml");
    await writeFile(path, "seed: 7\nmax-steps: 9\n");
    const seen: DemoConfig[] = [];
    const demo = async (config: DemoConfig) => void seen.push(config);
    const { code } = await call(["demo", "--config", path, "--max-steps", "3"], { demo });
    expect(code).toBe(0);
    expect(seen).toEqual([expect.objectContaining({ seed: 7, maxSteps: 3, batchSize: 32 })]);
  });

  test("gives its exit code", async () => {
    expect(await call(["predict", "a.jpg"], { predict: async ({ files }) => files.length })).toMatchObject({ code: 1 });
  });

  test.each([["--help"], ["--epoch", "-h"]])("prints its help with %j and is not loaded", async (...argv) => {
    const { code, stdout, loaded } = await call(["demo", ...argv]);
    expect({ code, loaded }).toEqual({ code: 0, loaded: [] });
    expect(stdout).toMatch(/^mpa-fer demo shows it\.\n\nUsage: mpa-fer demo \[options\]\n/);
  });

  test("is not loaded if its options are invalid", async () => {
    expect(await call(["demo", "--seed", "x"])).toMatchObject({
      code: 2,
      loaded: [],
      stderr:
        "mpa-fer: USAGE: --seed is x but must be a whole number of at least 0. Fix: see npx mpa-fer demo --help\n",
    });
  });

  test("reports a missing file", async () => {
    const stderr =
      "mpa-fer: USAGE: FILE… is missing (photographs, folders, patterns, videos (with ffmpeg on the path), or - for standard input). Fix: see npx mpa-fer predict --help\n";
    expect(await call(["predict"])).toMatchObject({ code: 2, stderr });
  });

  test("does not start if its configuration file is missing", async () => {
    const path = join(folder, "none.yaml");
    const stderr = `mpa-fer: NOT_FOUND: the file is not there (${path}). Fix: check the path\n`;
    expect(await call(["demo", "--config", path])).toMatchObject({ code: 2, loaded: [], stderr });
  });

  test("rejects a configuration file of more than 64 KiB by its size, before it is read", async () => {
    const path = join(folder, "large.yaml");
    await writeFile(path, "");
    await truncate(path, 60 * 2 ** 20);
    const stderr = `mpa-fer: CONFIG: cannot read the file (it has more than 65536 bytes) (${path}). Fix: check the path\n`;
    expect(await call(["demo", "--config", path])).toMatchObject({ code: 2, loaded: [], stderr });
  });
});

describe("a plugin", () => {
  const writeModule = async () => {
    const path = join(folder, "plugin.mjs");
    await writeFile(path, 'globalThis.pluginRan = true;\nexport default () => ({ name: "p" });');
    return path;
  };
  const hasRun = () => "pluginRan" in globalThis;

  test("is not run if only a configuration file names it", async () => {
    const options = join(folder, "run.yaml");
    await writeFile(options, `plugin: ${await writeModule()}\n`);
    const { code, stderr, loaded } = await call(["demo", "--config", options]);
    expect({ code, loaded, ran: hasRun() }).toEqual({ code: 2, loaded: [], ran: false });
    expect(stderr).toMatch(/^mpa-fer: CONFIG: demo has no option plugin[ .]/);
  });

  test("is run before the options are checked", async () => {
    const { code } = await call(["demo", "--plugin", await writeModule(), "--seed", "x"]);
    expect({ code, ran: hasRun() }).toEqual({ code: 2, ran: true });
  });

  test("that cannot be run is a usage error", async () => {
    const path = join(folder, "none.mjs");
    const { code, stderr, loaded } = await call(["demo", "--plugin", path]);
    expect({ code, loaded }).toEqual({ code: 2, loaded: [] });
    expect(stderr).toMatch(/^mpa-fer: NOT_FOUND: cannot read the plugin/);
  });
});

describe("failure", () => {
  const broken = async () => {
    throw new MpaError("NUMERIC", "the loss is NaN", {
      where: "step 3",
      fix: "lower --lr",
      cause: new RangeError("deep"),
    });
  };

  test("is one line and its code's exit code", async () => {
    const { code, stdout, stderr } = await call(["demo"], { demo: broken });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: "mpa-fer: NUMERIC: the loss is NaN (step 3). Fix: lower --lr\n",
    });
  });

  test("shows its stack and its cause with --debug", async () => {
    const { stderr } = await call(["demo", "--debug"], { demo: broken });
    expect(stderr).toMatch(
      /^mpa-fer: NUMERIC: the loss is NaN \(step 3\). Fix: lower --lr\n.*\n {4}at .*caused by RangeError: deep\n/s,
    );
  });

  test("of an unexpected kind is INTERNAL, on one line", async () => {
    const demo = async () => {
      throw new TypeError("x is not\n  a function");
    };
    const stderr = "mpa-fer: INTERNAL: x is not a function, --debug shows where\n";
    expect(await call(["demo"], { demo })).toMatchObject({ code: 1, stderr });
    expect(describeError("a word", false)).toBe("mpa-fer: INTERNAL: a word, --debug shows where\n");
  });

  test("clears the progress line and releases the signals", async () => {
    const demo = async (_: DemoConfig, { progress }: CommandContext) => {
      progress.start({ label: "work", total: 2, unit: "images" }).update(1);
      await broken();
    };
    const { stderr, listeners } = await call(["demo"], { demo });
    expect(stderr).toBe(
      "\r\u001b[Kwork [############------------]  50%\r\u001b[Kmpa-fer: NUMERIC: the loss is NaN (step 3). Fix: lower --lr\n",
    );
    expect(listeners).toEqual([]);
  });
});

describe("Ctrl-C", () => {
  const stopping = "stopping after this step; press again to stop at once\n";

  test("ends the work at its next check of the signal", async () => {
    const demo = async (_: DemoConfig, { signal }: CommandContext, press: () => void) => {
      press();
      signal.throwIfAborted();
    };
    const stderr = `${stopping}mpa-fer: INTERRUPTED: stopped before the work was done\n`;
    expect(await call(["demo"], { demo })).toMatchObject({ code: 1, stderr, exits: [] });
  });

  test("lets the work report where it stopped", async () => {
    const demo = async (_: DemoConfig, __: CommandContext, press: () => void) => {
      press();
      throw new MpaError("INTERRUPTED", "stopped after step 3", { where: "runs/a", fix: "go on with --resume" });
    };
    const stderr = `${stopping}mpa-fer: INTERRUPTED: stopped after step 3 (runs/a). Fix: go on with --resume\n`;
    expect(await call(["demo"], { demo })).toMatchObject({ code: 1, stderr });
  });

  test("twice exits at once, with the progress line cleared", async () => {
    const demo = async (_: DemoConfig, { progress }: CommandContext, press: () => void) => {
      progress.start({ label: "work", total: 2, unit: "images" }).update(1);
      press();
      press();
    };
    const { stderr, exits } = await call(["demo", "--max-steps", "1"], { demo });
    expect(exits).toEqual([130]);
    expect(stderr).toMatch(/50%\r\S+stopping after .*\nstopped\n$/);
  });
});
