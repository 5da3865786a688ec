/** A run's prompts on their way to the hub and back: the card, the commit, and a prediction with what was pushed. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { callProgram } from "../../../test/callProgram.ts";
import { patience } from "../../../test/hubModel.ts";
import { HubPushServer } from "../../../test/hubPushServer.ts";
import { HubServer } from "../../../test/hubServer.ts";
import { TrainingFolder } from "../../../test/trainingFolder.ts";
import { evaluate } from "../../runs/evaluate/evaluate.ts";
import { evaluateSchema } from "../../runs/evaluate/options.ts";
import { train } from "../../runs/train/train.ts";
import { pushSchema } from "./options.ts";
import { push } from "./push.ts";

const folder = new TrainingFolder();
beforeAll(() => train(folder.config("run")).then(() => undefined));

const token = "hf_secret";
let server: HubPushServer;
let endpoint: string;
beforeEach(async () => {
  server = new HubPushServer(token);
  endpoint = await server.listen();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.close();
});

const configOf = (more: Readonly<Record<string, unknown>> = {}) =>
  pushSchema.config.parse({ run: folder.file("run"), repo: "owner/name", ...more });
const pushed = (more = {}) => push(configOf(more), {}, { endpoint, token, patience });

describe("the card", () => {
  const card = async () => {
    await push(configOf({ dryRun: folder.file("card"), license: "mit" }));
    const text = await readFile(folder.file("card", "README.md"), "utf8");
    const [, head, body] = text.split(/^---$/m);
    return { head: parse(head), body };
  };

  it("has metadata for the hub with the run's figures", async () => {
    const { metrics } = await folder.json("run", "run.json");
    const { head } = await card();
    expect(head).toMatchObject({ library_name: "mpa-fer", license: "mit", pipeline_tag: "image-classification" });
    expect(head.base_model).toBeUndefined();
    const [{ results }] = head["model-index"];
    expect(results[0].dataset).toEqual({ name: "folder", type: "folder", split: "validation" });
    expect(results[0].metrics.map(({ value }: { value: number }) => value)).toEqual([metrics.accuracy, metrics.uar]);
  });

  it("states the origin, the scores and the limits of use", async () => {
    const { metrics, backbone } = await folder.json("run", "run.json");
    const { body } = await card();
    expect(body).toContain("# owner/name");
    expect(body).toContain(`\`${backbone.sha256}\``);
    expect(body).toContain("--backbone FOLDER --checkpoint hub:owner/name");
    expect(body).toContain("| class | training | validation |\n|---|---:|---:|\n| circle | 4 | 2 |");
    expect(body).toContain("| all | 12 | 6 |");
    expect(body).toContain(`| accuracy | ${(100 * metrics.accuracy).toFixed(2)} % |`);
    expect(body).toContain("was chosen on the validation split");
    expect(body).toContain("No checkpoint of this run was evaluated on the test split");
    expect(body).toMatch(/what it is not good for[\s\S]*Do not use it to decide\s+about people/);
  });

  it("contains no local paths and no pictures", async () => {
    await card();
    const files = await readdir(folder.file("card"));
    expect(files.sort()).toEqual(["README.md", "metrics.jsonl", "prompts.safetensors", "run.json"]);
    for (const name of files) {
      const text = await readFile(folder.file("card", name), "latin1");
      expect(text).not.toContain(folder.path);
      expect(text).not.toMatch(/\.png|;base64,/);
    }
  });

  it("states the openings of the test split, and omits the run's servers", async () => {
    const run = await folder.json("run", "run.json");
    const opening = { at: "2026-01-02T03:04:05.000Z", checkpoint: "last.safetensors", index: "i", images: 9 };
    const openings = [{ ...opening, sha256: "other", accuracy: 0.5, uar: 0.5 }];
    const changed = folder.file("opened");
    await train(folder.config("opened"));
    const config = { ...run.config, redis: "redis://:password@inside", mlflow: "http://inside" };
    await writeFile(join(changed, "run.json"), JSON.stringify({ ...run, config, testSplit: { openings } }));
    await push(configOf({ run: changed, dryRun: folder.file("opened-card") }));
    const text = await readFile(folder.file("opened-card", "README.md"), "utf8");
    expect(await readFile(folder.file("opened-card", "run.json"), "utf8")).not.toContain("inside");
    await writeFile(join(changed, "run.json"), JSON.stringify({ ...run, testSplit: undefined }));
    await push(configOf({ run: changed, dryRun: folder.file("older-card") }));
    expect(await readFile(folder.file("older-card", "README.md"), "utf8")).toContain(
      "evaluated on the test split is not on record",
    );
    const sha256 = createHash("sha256")
      .update(await readFile(join(changed, "best.safetensors")))
      .digest("hex");
    const crossed = { ...opening, sha256, dataset: "raf-db", isOwn: false, accuracy: 0.5, uar: 0.25 };
    await writeFile(join(changed, "run.json"), JSON.stringify({ ...run, testSplit: { openings: [crossed] } }));
    await push(configOf({ run: changed, dryRun: folder.file("crossed-card") }));
    const card = await readFile(folder.file("crossed-card", "README.md"), "utf8");
    expect(card).toContain("No checkpoint of this run was evaluated on the test split.");
    expect(card).toMatch(
      /On test splits of other data sets:[\s\S]*\| raf-db \(index i\) \| 2026-01-02 \| 9 \| 50.00 % \| 25.00 % \|/,
    );
    expect(text).toContain(
      "Checkpoints of this run were evaluated on the test split once. These prompts were not evaluated on it.",
    );
  });
});

describe("a push", () => {
  it("creates the repository and one commit, with the prompts in LFS", async () => {
    const result = await pushed({ private: true, message: "First" });
    expect(result).toMatchObject({ commit: "c".repeat(40), url: `${endpoint}/owner/name/commit/c` });
    expect(server.created).toMatchObject({ name: "name", organization: "owner", visibility: "private" });
    expect(server.title).toBe("First");
    expect(Object.keys(server.files).sort()).toEqual(["README.md", "metrics.jsonl", "prompts.safetensors", "run.json"]);
    expect(server.files["prompts.safetensors"].equals(await readFile(folder.file("run", "best.safetensors")))).toBe(
      true,
    );
    expect(server.requests.filter((request) => request.startsWith("PUT /upload/"))).toHaveLength(1);
  });

  it("uses an existing repository, and retries if the hub is busy", async () => {
    await pushed();
    server.failures = 2;
    await pushed({ message: "Second" });
    expect(server.title).toBe("Second");
  });

  it("requires a token with write access", async () => {
    vi.stubEnv("HF_TOKEN", undefined);
    await expect(push(configOf(), {}, { endpoint, patience })).rejects.toMatchObject({ code: "ACCESS" });
    expect(server.requests).toEqual([]);
    const wrong = { endpoint, patience, token: "hf_other" };
    await expect(push(configOf(), {}, wrong)).rejects.toMatchObject({ code: "ACCESS" });
  });

  it("sends nothing with --dry-run or --offline", async () => {
    vi.stubEnv("HF_ENDPOINT", endpoint);
    vi.stubEnv("HF_TOKEN", token);
    const words = ["push", "--run", folder.file("run"), "--repo", "owner/name"];
    const dry = await callProgram([...words, "--dry-run", folder.file("dry"), "--json", "-"]);
    expect([dry.code, JSON.parse(dry.stdout).folder]).toEqual([0, folder.file("dry")]);
    vi.stubEnv("MPA_FER_OFFLINE", "1");
    const offline = await callProgram(words);
    expect([offline.code, offline.stderr]).toEqual([
      1,
      expect.stringContaining("pushing to owner/name needs the network"),
    ]);
    expect(server.requests).toEqual([]);
  });

  it.each([
    [["--repo", "owner/name", "--run", "nowhere"], 2, "NOT_FOUND"],
    [["--run", "nowhere"], 2, "--repo"],
    [["--repo", "name", "--run", "RUN"], 2, "--repo is name but must be OWNER/NAME"],
  ])("rejects %j", async (words, code, message) => {
    const called = await callProgram(["push", ...words.map((word) => (word === "RUN" ? folder.file("run") : word))]);
    expect([called.code, called.stderr]).toEqual([code, expect.stringContaining(message)]);
  });
});

it("a pushed checkpoint scores as the one in the run folder", async () => {
  await pushed();
  const { files } = server;
  const commit = "d".repeat(40);
  const hub = new HubServer({ files, large: ["prompts.safetensors"], repo: "owner/name", commit });
  const cacheFolder = await mkdtemp(join(tmpdir(), "mpa-fer-hub-"));
  try {
    vi.stubEnv("HF_ENDPOINT", await hub.listen());
    vi.stubEnv("HF_HUB_CACHE", cacheFolder);
    vi.stubEnv("HF_HUB_OFFLINE", "");
    const { data, backbone } = folder;
    const shared = { data, dataset: "folder", backbone, threads: 1 };
    const scores = async (checkpoint: string) =>
      (await evaluate(evaluateSchema.config.parse({ ...shared, checkpoint }))).scores.probabilities;
    const own = await scores(folder.file("run", "best.safetensors"));
    expect(await scores("hub:owner/name")).toEqual(own);
    const asked = hub.requests.length;
    expect(await scores("hub:owner/name")).toEqual(own);
    expect(hub.requests).toHaveLength(asked);
    expect(hub.requests.filter((request) => /\.json|\.md/.test(request))).toEqual([]);
  } finally {
    await hub.close();
    await rm(cacheFolder, { recursive: true, force: true });
  }
});
