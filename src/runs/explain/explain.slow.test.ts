/** `explain` end to end: a split, files, a run, and refused options. */
import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseHTML } from "linkedom";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, launchChromium } from "../../../test/browser/chromium.ts";
import { lookAt } from "../../../test/browser/lookAt.ts";
import { canvas } from "../../../test/canvas.ts";
import { drawnFolder } from "../../../test/drawnFolder.ts";
import { writeTinyBackbone } from "../../../test/tinyBackbone.ts";
import { drawnFace, render } from "../../apps/demo/dataset.ts";
import { openModel } from "../../method/model.node.ts";
import { trainSchema } from "../options.ts";
import { train } from "../train/train.ts";
import { explain } from "./explain.ts";
import { checkpointNames, explainSetup, openModels } from "./models.ts";
import { explainSchema } from "./options.ts";
import { classesInTurn } from "./sources.ts";

let folder: string;
let backbone: string;
let data: string;
const at = (...names: string[]) => join(folder, ...names);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "explain-"));
  backbone = await writeTinyBackbone(at("backbone"));
  data = await drawnFolder(at("data"), { train: 5, valid: 5, test: 2 });
  for (const variant of ["coop", "mpa"]) {
    const given = {
      data,
      dataset: "folder",
      backbone,
      out: at(variant),
      variant,
      epochs: 1,
      hardPrompt: 2,
      threads: 2,
    };
    await train(trainSchema.config.parse(given));
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const configOf = (given: Record<string, unknown>) =>
  explainSchema.config.parse({ hardPrompt: 2, threads: 2, smooth: 2, steps: 4, ...given });
const dataset = () => ({ data, dataset: "folder", backbone });
const best = (variant: string) => at(variant, "best.safetensors");

it("explains zero-shot with the hard prompts of the run, unless others are given", async () => {
  const run = at("coop");
  const setupOf = (given: Record<string, unknown>) => explainSetup(explainSchema.config.parse(given));
  expect(await setupOf({ run })).toMatchObject({ hardPrompt: 2, descriptions: undefined });
  expect(await setupOf({ run, hardPrompt: 1, descriptions: "own.json" })).toMatchObject({
    ...{ hardPrompt: 1, descriptions: "own.json" },
  });
  expect(await setupOf({ files: ["face.png"] })).toMatchObject({ hardPrompt: 3 });
  const config = explainSchema.config.parse({ run, zeroShot: true });
  const [zeroShot] = await openModels(config, await explainSetup(config), {}, undefined);
  const told = explainSchema.config.parse({ run, zeroShot: true, hardPrompt: 1 });
  const [other] = await openModels(told, await explainSetup(told), {}, undefined);
  const asRun = await openModel(
    { ...config, checkpoint: undefined, backbone, hardPrompt: 2 },
    {},
    zeroShot.model.classes,
  );
  expect(zeroShot.model.theta).toEqual(asRun.theta);
  expect(other.model.theta).not.toEqual(asRun.theta);
});

describe("of a split", () => {
  it("writes pictures, figures and a page for each model, identical for the same seed", async () => {
    const config = configOf({ ...dataset(), checkpoint: [best("coop"), best("mpa")], images: 4, out: at("one") });
    const result = await explain(config);
    expect(await readdir(at("one"))).toEqual(["explain.html", "explain.json", "faces"]);
    expect(await readdir(at("one", "faces"))).toEqual(["001", "002", "003", "004"]);
    expect(await readdir(at("one", "faces", "001"))).toEqual(["coop", "mpa", "picture.png", "zero-shot"]);
    expect(await readdir(at("one", "faces", "004", "mpa"))).toEqual(
      ["gradient", "patches-0-circle", "patches-1-cross", "patches-2-square", "smoothgrad"].map(
        (name) => `${name}.png`,
      ),
    );
    const map = await sharp(at("one", "faces", "001", "mpa", "gradient.png")).metadata();
    expect([map.width, map.height, map.format]).toEqual([192, 192, "png"]);
    expect(result.about.models.map(({ name, localTopK }) => [name, localTopK])).toEqual([
      ["zero-shot", 0],
      ["coop", 0],
      ["mpa", 16],
    ]);
    const bytes = await readFile(best("mpa"));
    expect(result.about.models[2].sha256).toBe(createHash("sha256").update(bytes).digest("hex"));
    expect(result.about.models[0].sha256).toBeUndefined();
    expect(result.removal.map(({ model }) => model)).toEqual(["zero-shot", "coop", "mpa"]);
    expect(result.removal[0].scores.map(({ ranking, faces }) => [ranking, faces])).toEqual(
      ["gradient", "SmoothGrad", "patches", "random pixels", "random patches"].map((name) => [name, 4]),
    );
    for (const { scores, curves } of result.removal) {
      for (const { deletion, insertion } of scores) {
        for (const { mean } of [deletion, insertion]) expect(mean).toBeGreaterThan(0);
        for (const { mean } of [deletion, insertion]) expect(mean).toBeLessThan(1);
      }
      // Nothing taken away yet, and everything brought back: the same picture, the same probability.
      expect(curves.gradient?.deletion[0]).toBeCloseTo(curves.gradient?.insertion[4] ?? Number.NaN, 5);
      expect(curves.gradient?.deletion).toHaveLength(5);
    }
    expect(result.planes.map(({ models }) => models)).toEqual([["zero-shot", "coop"], ["mpa"]]);
    const written = JSON.parse(await readFile(at("one", "explain.json"), "utf8"));
    expect(written.faces.map(({ label }: { label: string }) => label)).toEqual(["circle", "cross", "square", "circle"]);
    expect(written.faces[0].answers.mpa.patches.cross.indices).toHaveLength(16);
    expect(written.planes[0].images).toHaveLength(15);

    await explain({ ...config, out: at("two") });
    const again = JSON.parse(await readFile(at("two", "explain.json"), "utf8"));
    for (const part of ["faces", "removal", "planes"]) expect(again[part]).toEqual(written[part]);
  });

  it("writes a page that loads no resources", async () => {
    const text = await readFile(at("one", "explain.html"), "utf8");
    expect(text).not.toMatch(/<script/i);
    expect(text).not.toMatch(/(src|href)="(?!data:)/i);
    const { document } = parseHTML(text);
    expect([...document.querySelectorAll("h2")].map(({ textContent }) => textContent)).toEqual([
      ...["Saliency", "Can the maps be believed?", "Features", "The record"],
    ]);
    expect(document.querySelectorAll(".face")).toHaveLength(4);
    // The face, then for each of three models the gradient, SmoothGrad, patches of the winner, and of each of three classes.
    expect(document.querySelectorAll(".face:nth-of-type(1) img")).toHaveLength(1 + 3 * (3 + 3));
    expect([...document.querySelectorAll("img")].every((image) => image.getAttribute("alt") !== "")).toBe(true);
  });

  it.skipIf(chromiumPath === undefined)("makes a page that a browser and axe have nothing against", async () => {
    const browser = await launchChromium();
    try {
      for (const scheme of ["light", "dark"] as const) {
        for (const width of [1100, 360]) {
          const seen = await lookAt(browser, at("one", "explain.html"), { scheme, width });
          expect(seen).toEqual({ complaints: [], violations: [], overflow: 0 });
        }
      }
    } finally {
      await browser.close();
    }
  });

  it("rejects a non-empty folder and leaves it unchanged", async () => {
    const config = configOf({ ...dataset(), images: 1, points: 0, out: at("one") });
    await expect(explain(config)).rejects.toMatchObject({ code: "WRITE" });
    expect(await readdir(at("one"))).toHaveLength(3);
  });

  it("stops on its signal and leaves no files", async () => {
    const controller = new AbortController();
    const update = () => controller.abort();
    const progress = { start: () => ({ update, note: () => undefined, finish: () => undefined }) };
    const work = explain(configOf({ ...dataset(), images: 3, out: at("stopped") }), {
      progress,
      signal: controller.signal,
    });
    await expect(work).rejects.toMatchObject({ code: "INTERRUPTED" });
    expect((await readdir(folder)).filter((name) => name.includes("stopped"))).toEqual([]);
  });
});

describe("of files", () => {
  it("explains readable files and reports the others", async () => {
    await writeFile(at("bad.jpg"), "no picture");
    const files = [join(data, "valid", "cross", "0.png"), at("bad.jpg")];
    const config = configOf({
      files,
      detect: false,
      backbone,
      checkpoint: [best("mpa")],
      zeroShot: false,
      out: at("files"),
    });
    const result = await explain(config);
    expect(result.faces).toBe(1);
    expect(result.failed.map(({ file }) => file)).toEqual([at("bad.jpg")]);
    expect(result.about.models.map(({ name }) => name)).toEqual(["mpa"]);
    expect(result.planes).toEqual([]);
    expect(await readdir(at("files", "faces"))).toEqual(["001"]);
  });

  it("finds the faces of a photograph, and reports a photograph without any", async () => {
    const drawn = await render(drawnFace(1, "test", 0, "happiness"), 200);
    const faces = [100, 400].map((left) => ({ picture: drawn, side: 160, left, top: 120 }));
    await sharp(await canvas(640, 480, faces))
      .png()
      .toFile(at("two.png"));
    await sharp({ create: { width: 300, height: 200, channels: 3, background: "#888" } })
      .png()
      .toFile(at("empty.png"));
    const files = [at("two.png"), at("empty.png")];
    const result = await explain(configOf({ files, backbone, out: at("photographs") }));
    expect(result.failed).toEqual([{ file: files[1], error: expect.stringContaining("no face was found") }]);
    const written = JSON.parse(await readFile(at("photographs", "explain.json"), "utf8"));
    const names = written.faces.map(({ file }: { file: string }) => file);
    expect(names).toEqual([1, 2].map((n) => `${files[0]}, face ${n}`));
  });

  it("fails if no file is an image", async () => {
    await expect(
      explain(configOf({ files: [at("bad.jpg")], detect: false, backbone, out: at("none") })),
    ).rejects.toMatchObject({
      code: "IMAGE",
    });
  });
});

describe("of a run", () => {
  const headings = async () =>
    [...parseHTML(await readFile(at("mpa", "report.html"), "utf8")).document.querySelectorAll("h2")].map(
      ({ textContent }) => textContent,
    );

  it("uses the data, backbone and prompts of its record, and extends its report", async () => {
    const before = await headings();
    const result = await explain(configOf({ run: at("mpa"), images: 2 }));
    expect(result.out).toBe(at("mpa", "explain"));
    expect(result.about.models.map(({ name, checkpoint }) => [name, checkpoint])).toEqual([
      ["zero-shot", undefined],
      ["mpa", best("mpa")],
    ]);
    const added = ["Saliency", "Can the maps be believed?", "Features"];
    expect(await headings()).toEqual([...before, ...added]);
    const again = await explain(configOf({ run: at("mpa"), images: 1, points: 0 }));
    expect(again.out).toBe(at("mpa", "explain-2"));
    expect(await headings()).toEqual([...before, ...added.slice(0, 2)]);
  });

  it("omits faces from a report without faces", async () => {
    const manifest = at("mpa", "run.json");
    const record = JSON.parse(await readFile(manifest, "utf8"));
    await writeFile(manifest, JSON.stringify({ ...record, config: { ...record.config, reportFaces: false } }));
    await explain(configOf({ run: at("mpa"), images: 1 }));
    expect((await headings()).slice(-2)).toEqual(["Can the maps be believed?", "Features"]);
    const { document } = parseHTML(await readFile(at("mpa", "report.html"), "utf8"));
    expect(document.querySelectorAll(".face")).toHaveLength(0);
  });

  it("records the opening of the test split in the run's record", async () => {
    await explain(configOf({ run: at("coop"), split: "test", images: 1, points: 0 }));
    const { testSplitRead, testSplit } = JSON.parse(await readFile(at("coop", "run.json"), "utf8"));
    expect(testSplitRead).toBe(true);
    expect(testSplit.openings).toMatchObject([{ checkpoint: "best.safetensors", images: 6 }]);
    const { document } = parseHTML(await readFile(at("coop", "report.html"), "utf8"));
    const cells = [...document.querySelectorAll("td")].map(({ textContent }) => textContent);
    expect(cells).toContain("explained");
  });

  it("fails for a folder without a run", async () => {
    await expect(explain(configOf({ run: folder }))).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("invalid requests", () => {
  it.each([
    [{}, "must name a file"],
    [{ data: "d" }, "must come with --dataset"],
    [{ dataset: "folder" }, "must come with --data"],
    [{ files: ["f"], data: "d", dataset: "folder" }, "must not come with files"],
  ])("%j", (given, message) => {
    expect(explainSchema.config.safeParse(given).error?.issues[0].message).toBe(message);
  });

  it("rejects a request without a model, and gradients in int8", async () => {
    const none = configOf({ ...dataset(), zeroShot: false, out: at("none") });
    await expect(explain(none)).rejects.toMatchObject({ code: "USAGE" });
    const int8 = configOf({ ...dataset(), precision: "int8", out: at("none") });
    await expect(explain(int8)).rejects.toMatchObject({ code: "RUNTIME" });
  });
});

it("gives models unique names, by run or file", () => {
  const files = ["runs/a/best.safetensors", "other/a/last.safetensors", "b.safetensors", "zero-shot.safetensors"];
  expect(checkpointNames(files)).toEqual(["a", "a-2", "b", "zero-shot-2"]);
});

it("takes one image of each class before a second of any", () => {
  const labels = [0, 0, 0, 0, 1, 2, 2];
  const turns = classesInTurn(labels, 1).map((i) => labels[i]);
  expect(turns).toEqual([0, 1, 2, 0, 2, 0, 0]);
});
