/** Descriptions from a server on this machine, its faults, a person's changes, and what each phrase adds. */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ChatServer } from "../../../test/chatServer.ts";
import { drawnFolder } from "../../../test/drawnFolder.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { openBackbone } from "../../clip/backbone.node.ts";
import { readDescriptions } from "../../method/model.node.ts";
import { parseConfig } from "../../platform/options/parse.ts";
import { askDescriptions, leadOf, questionOf } from "./ask.ts";
import { descriptionLengths } from "./document.ts";
import { editDescriptions } from "./edit.ts";
import { describeSchema } from "./options.ts";
import { scoreDescriptions } from "./score.ts";

let folder: string;
let server: ChatServer;
let baseUrl: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-describe-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(async () => {
  server = new ChatServer();
  baseUrl = await server.listen();
  file = join(folder, "descriptions.json");
  await rm(file, { force: true });
});
afterEach(() => server.close());

const good = { content: `${leadOf("anger")} Lowered eyebrows, tight lips.`, usage: [60, 20] as const };
const environment = { OPENAI_API_KEY: "secret-key" };
const configOf = (options: Record<string, unknown> = {}) =>
  describeSchema.config.parse({ baseUrl, classes: "anger,fear", retries: 1, timeout: 5, ...options });
const ask = (options: Record<string, unknown> = {}, signal?: AbortSignal) =>
  askDescriptions(configOf(options), file, environment, { signal });
const text = () => readFile(file, "utf8");

describe("asking", () => {
  it("asks the paper's question for each class, and saves phrases with model, date and prompt", async () => {
    server.otherwise = () => good;
    const { document } = await ask({ model: "some-model" });
    expect(server.requests.map(({ messages }) => messages[1])).toEqual([
      { role: "user", content: questionOf("anger") },
      {
        role: "user",
        content: "What are the most useful visual features to distinguish the facial expression of fear?",
      },
    ]);
    expect(server.requests[0]).toMatchObject({ model: "some-model", key: "secret-key", max_tokens: 300 });
    const saved = JSON.parse(await text());
    expect(saved).toMatchObject({
      ...{ format: "mpa-fer-descriptions/1", model: "some-model", server: baseUrl, usage: { input: 120, output: 40 } },
      question: "What are the most useful visual features to distinguish the facial expression of {class}?",
      descriptions: { anger: ["lowered eyebrows", "tight lips"], fear: ["lowered eyebrows", "tight lips"] },
    });
    expect(Date.parse(saved.asked)).not.toBeNaN();
    expect(await text()).not.toContain("secret-key");
    expect(await readDescriptions(file)).toEqual(document.descriptions);
  });

  it("preserves the previous phrases", async () => {
    await writeFile(file, '{"anger": "an old phrase"}');
    server.otherwise = () => good;
    const { previous } = await ask();
    expect(await readFile(previous ?? "", "utf8")).toBe('{"anger": "an old phrase"}');
  });

  it.each([
    ["429", { status: 429, message: "slow down", headers: { "retry-after": "0" } } as const],
    ["500", { status: 500, message: "oh" } as const],
    ["a line that breaks", "hang up" as const],
    ["an empty answer", { content: "" } as const],
    ["no content", { content: null } as const],
    ["a refusal", { content: "I'm sorry, but I can't help with that." } as const],
    ["an answer that was cut off", { content: "include: lowered eyebrows, tig", finish: "length" } as const],
  ])("retries after %s", async (_, fault) => {
    server.otherwise = () => good;
    server.replies.push(fault);
    const { document } = await ask();
    expect(server.requests).toHaveLength(3);
    expect(document.descriptions.anger).toEqual(["lowered eyebrows", "tight lips"]);
  });

  it.each([
    ["429 for good", { status: 429, message: "quota", headers: { "retry-after": "0" } } as const, "NETWORK", /quota/],
    ["500 for good", { status: 500, message: "broken" } as const, "NETWORK", /the server failed/],
    ["a server that hangs up", "hang up" as const, "NETWORK", /cannot be reached/],
    [
      "a wrong key",
      { status: 401, message: "bad key secret-key" } as const,
      "ACCESS",
      /refuses the key \(401 bad key …\)/,
    ],
    ["an unknown model", { status: 404, message: "no model" } as const, "NOT_FOUND", /no such model/],
    ["a bad question", { status: 400, message: "bad" } as const, "USAGE", /refuses the question/],
    ["JSON of another kind", { raw: '{"choices": []}' } as const, "NETWORK", /malformed/],
    ["no JSON", { raw: "<html>" } as const, "NETWORK", /not JSON|malformed/],
    ["empty answers", { content: " " } as const, "NETWORK", /no usable description of anger: the answer is empty/],
    ["chatter", { content: "Faces are fun." } as const, "NETWORK", /no known form: "Faces are fun\."/],
  ])("%s leaves the file unchanged", async (_, fault, code, message) => {
    await writeFile(file, '{"anger": "kept"}');
    server.otherwise = () => fault;
    await expect(ask()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await text()).toBe('{"anger": "kept"}');
    expect((await readdir(folder)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("saves nothing if one class fails", async () => {
    server.replies.push(good);
    server.otherwise = () => ({ content: "" });
    await expect(ask()).rejects.toThrow(/no usable description of fear/);
    await expect(text()).rejects.toThrow();
  });

  it("gives up after the timeout", async () => {
    server.otherwise = () => "silence";
    await expect(ask({ timeout: 0.05, retries: 0 })).rejects.toMatchObject({
      code: "NETWORK",
      message: expect.stringMatching(/no answer within 0\.05 s/),
    });
  });

  it("stops on its signal", async () => {
    const stop = new AbortController();
    server.otherwise = () => {
      stop.abort();
      return "silence";
    };
    await expect(ask({}, stop.signal)).rejects.toMatchObject({ code: "INTERRUPTED" });
  });

  it("asks no question that may exceed the cost limit", async () => {
    server.otherwise = () => good;
    await expect(ask({ maxTokens: 900 })).resolves.toBeDefined();
    await rm(file);
    server.requests.length = 0;
    await expect(ask({ maxTokens: 100 })).rejects.toMatchObject({ code: "COST" });
    expect(server.requests).toHaveLength(0);
    // 60 and 20 tokens a question; the second one is not asked, though it would have been cheap enough.
    const price = { price: "1000,1000", maxCost: 0.85 };
    await expect(ask(price)).rejects.toThrow(/0\.0800 of 0\.85 is spent/);
    expect(server.requests).toHaveLength(1);
    await expect(text()).rejects.toThrow();
    const { cost } = await ask({ price: "1,2", maxCost: 1 });
    expect(cost).toBeCloseTo(2 * (60 + 40) * 1e-6, 12);
  });

  it("counts an answer without usage at its maximum cost", async () => {
    server.otherwise = () => ({ content: good.content });
    const { document } = await ask();
    expect(document.origin.usage?.output).toBe(600);
  });

  it("supports models that require the newer name of the token limit", async () => {
    server.otherwise = (request) =>
      "max_tokens" in request
        ? { status: 400, message: "Unsupported parameter: use 'max_completion_tokens' instead." }
        : good;
    await ask();
    expect(server.requests.map((request) => "max_completion_tokens" in request)).toEqual([false, true, true]);
  });

  it("requires a key for OpenAI's server only", async () => {
    server.otherwise = () => good;
    await askDescriptions(configOf(), file, {});
    expect(server.requests[0].key).toBe("none");
    const theirs = configOf({ baseUrl: "https://api.openai.com/v1" });
    await expect(askDescriptions(theirs, file, {})).rejects.toMatchObject({ code: "ACCESS" });
    await expect(askDescriptions(configOf({ baseUrl: "nowhere" }), file, {})).rejects.toMatchObject({ code: "USAGE" });
  });

  it.each([
    [{ "max-cost": "1" }, /--max-cost is 1 but must come with --price/],
    [{ price: "1" }, /--price is 1 but must be two prices/],
    [{ score: true }, /must come with --data/],
    [{ score: true, edit: true }, /must come without --edit/],
  ])("rejects %j", (flags, message) => {
    expect(() => parseConfig("describe", describeSchema, { flags })).toThrow(message);
  });
});

describe("editing", () => {
  /** An editor that does this to the file that it is given. */
  const editor = async (script: string) => {
    const path = join(folder, "editor.sh");
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return { EDITOR: `"${path}" --wait`, VISUAL: "" };
  };
  const before = '{"anger": ["lowered eyebrows", "tight lips"]}';

  it("saves edited phrases with the date", async () => {
    await writeFile(file, before);
    const { document, changed, previous } = await editDescriptions(
      file,
      await editor(`sed -i 's/tight lips/flared nostrils/' "$2"`),
    );
    expect(changed).toBe(true);
    expect(document.descriptions).toEqual({ anger: ["lowered eyebrows", "flared nostrils"] });
    expect(Date.parse(JSON.parse(await text()).edited)).not.toBeNaN();
    expect(await readFile(previous ?? "", "utf8")).toBe(before);
  });

  it("starts from the package's descriptions if there is no file", async () => {
    const { document, changed, isNew } = await editDescriptions(file, await editor("true"));
    expect({ changed, isNew }).toEqual({ changed: false, isNew: true });
    expect(document.descriptions.disgust).toContain("a wrinkled nose");
    expect(await readDescriptions(file)).toEqual(document.descriptions);
  });

  it("does not write the file if nothing was edited", async () => {
    await writeFile(file, before);
    expect((await editDescriptions(file, await editor("true"))).changed).toBe(false);
    expect(await text()).toBe(before);
  });

  it.each([
    [`printf 'anger: [' > "$2"`, "CONFIG"],
    [`printf '' > "$2"`, "CONFIG"],
    [`printf 'anger: []' > "$2"`, "CONFIG"],
    [`printf 'fear: [wide eyes]' > "$2"`, "CONFIG"],
    ["exit 3", "INTERRUPTED"],
  ])("%s leaves the file unchanged", async (script, code) => {
    await writeFile(file, before);
    await rm(`${file}.rejected.yaml`, { force: true });
    await expect(editDescriptions(file, await editor(script))).rejects.toMatchObject({ code });
    expect(await text()).toBe(before);
    expect((await readdir(folder)).includes("descriptions.json.rejected.yaml")).toBe(code === "CONFIG");
  });

  it("reports a missing editor", async () => {
    await expect(editDescriptions(file, {})).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringMatching(/set EDITOR/),
    });
  });
});

it("checks the length of a description against the text encoder's context", async () => {
  const backbone = await openBackbone("faceclip-mini");
  const long = Array.from({ length: 30 }, () => "raised eyebrows").join(" ");
  const [short, cut] = descriptionLengths(backbone, { fear: ["wide eyes"], anger: [long] });
  const words = backbone.tokenizer.encode("a photo of a person making a facial expression of fear, wide eyes").length;
  expect(short).toEqual({ name: "fear", phrases: ["wide eyes"], tokens: words + 2, room: 77 });
  expect(cut.tokens).toBeGreaterThan(77);
});

it("scores a phrase as an evaluation without it does", async () => {
  const { evaluate } = await import("../../runs/evaluate/evaluate.ts");
  const { evaluateSchema } = await import("../../runs/evaluate/options.ts");
  const path = await writeTinyBackbone(join(folder, "backbone"));
  const data = await drawnFolder(join(folder, "data"), { valid: 12 });
  const descriptions = {
    circle: ["round", "without corners"],
    cross: ["two bars"],
    square: ["four corners", "flat sides"],
  };
  const shared = { data, dataset: "folder", backbone: path, batchSize: 5, threads: 2 };
  const config = describeSchema.config.parse({ ...shared, score: true, featureCache: join(folder, "features") });
  const result = await scoreDescriptions(config, await openBackbone(path), descriptions);
  const accuracyWith = async (phrases: Record<string, readonly string[]>) => {
    await writeFile(file, JSON.stringify(phrases));
    const { evaluation } = await evaluate(evaluateSchema.config.parse({ ...shared, descriptions: file }));
    return evaluation;
  };
  const all = await accuracyWith(descriptions);
  expect(result).toMatchObject({ accuracy: all.accuracy, n: 36 });
  expect(result.phrases.map(({ phrase }) => phrase)).toEqual(Object.values(descriptions).flat());
  const without = await accuracyWith({ ...descriptions, square: ["flat sides"] });
  const { adds, addsToRecall } = result.phrases[3];
  expect(adds).toBeCloseTo(all.accuracy - without.accuracy, 12);
  expect(addsToRecall).toBeCloseTo(all.perClass.square.recall - without.perClass.square.recall, 12);
  expect(result.phrases.some((score) => score.adds !== 0)).toBe(true);
  expect(await readdir(join(folder, "features"))).toHaveLength(1);
  expect(await scoreDescriptions(config, await openBackbone(path), descriptions)).toEqual(result);
});
