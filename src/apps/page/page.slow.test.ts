/** The page in Chromium: reading, camera, teaching and runs, with and without the server. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seriousFaults } from "../../../test/browser/axe.ts";
import { chromiumPath } from "../../../test/browser/chromium.ts";
import { makePageFolder, type PageFolder } from "../../../test/browser/pageFolder.ts";
import { answering, type ServedPage, servePage, visit } from "../../../test/browser/pageServer.ts";
import { serveAsFiles } from "../../../test/browser/staticSite.ts";
import { ExpressionRecognizer } from "../../faces/recognizer.node.ts";
import type { FacePrediction } from "../../faces/recognizer.ts";
import { evaluate } from "../../runs/evaluate/evaluate.ts";
import { evaluateSchema } from "../../runs/evaluate/options.ts";

const expressions = ["happiness", "surprise"] as const;
const people = [1, 3, 4];

describe.skipIf(chromiumPath === undefined)("the page", () => {
  let folder: PageFolder;
  let served: ServedPage;

  beforeAll(async () => {
    folder = await makePageFolder(expressions, people);
    served = await servePage({ runs: folder.runs }, [
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      `--use-file-for-fake-video-capture=${folder.film}`,
    ]);
  });
  afterAll(async () => {
    await served.close();
    await rm(folder.path, { recursive: true });
  });

  it.each(["server", "browser"] as const)("reads a picture as Node does: %s", async (mode) => {
    const { context, page, complaints } = await visit(served, "#read", mode);
    const posts: string[] = [];
    page.on("request", (request) => request.method() === "POST" && posts.push(new URL(request.url()).pathname));
    await page.getByLabel("Choose pictures").setInputFiles(folder.group);
    await faces(page).nth(1).waitFor();
    expect(await page.locator(".example").count()).toBe(0);
    for (const face of await faces(page).all()) await face.getByRole("button", { name: "Show all 8" }).click();
    await using fer = await ExpressionRecognizer.load({ threads: 1 });
    const wanted = leftToRight(await fer.predict(folder.group)).map(({ probabilities }) =>
      Object.values(probabilities),
    );
    const shown = await page
      .locator(".shares [role=meter]")
      .evaluateAll((meters) => meters.map((meter) => Number(meter.getAttribute("aria-valuenow"))));
    expect(shown.length).toBe(16);
    for (const [i, probability] of wanted.flat().entries()) expect(Math.abs(shown[i] - probability)).toBeLessThan(1e-3);
    await page.getByRole("button", { name: "Explain" }).first().click();
    await page.locator(".overlay canvas").waitFor();
    expect(posts).toEqual(mode === "server" ? ["/api/predict", "/api/explain"] : []);
    expect(await seriousFaults(page)).toEqual([]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it.each(["server", "browser"] as const)(
    "says which files it passed over, and which it cannot read: %s",
    async (mode) => {
      const { context, page } = await visit(served, "#read", mode);
      const heic = Buffer.from("\0\0\0\x18ftypheic\0\0\0\0mif1heic", "latin1");
      await page.getByLabel("Choose pictures").setInputFiles([
        { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("hello") },
        { name: "IMG_2.HEIC", mimeType: "", buffer: heic },
      ]);
      await page.getByText("1 of 2 files was passed over: 1 .txt").waitFor();
      const refused = page.locator(".card .bad");
      await refused.waitFor();
      expect(await refused.textContent()).toBe(
        "HEIC images cannot be read here. Export them as JPEG; on an iPhone: Settings › Camera › Formats › Most Compatible.",
      );
      await context.close();
    },
  );

  it("explains a face that was just read without decoding the picture again, until other pictures come", async () => {
    const { context, page, complaints } = await visit(served, "#read", "browser");
    const { decoded, forgotten } = await watchWorker(page);
    const choose = () => page.getByLabel("Choose pictures").setInputFiles(folder.group);
    const explained = async (place: number, button: number) => {
      await page.getByRole("button", { name: "Explain" }).nth(button).click();
      await faces(page).nth(place).locator(".overlay canvas").waitFor();
      return decoded();
    };
    await choose();
    await faces(page).nth(1).waitFor();
    expect(await decoded()).toBe(1);
    // What was cached of the example is freed with it.
    expect(await forgotten()).toEqual([0]);
    expect([await explained(0, 0), await explained(1, 1)]).toEqual([1, 1]);
    await choose();
    await faces(page).nth(3).waitFor();
    expect(await decoded()).toBe(2);
    // New cards are inserted above the earlier ones.
    expect(await explained(0, 0)).toBe(2);
    await faces(page).nth(2).getByLabel("class to explain").selectOption("fear");
    await faces(page).nth(2).getByText("nearest to the text of fear").waitFor();
    expect(await decoded()).toBe(3);
    expect(await forgotten()).toEqual([0, 1]);
    await page.getByRole("button", { name: "Remove group.png" }).first().click();
    expect(await forgotten()).toEqual([0, 1, 2]);
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("tells the server where the face is that it asks about", async () => {
    const { context, page } = await visit(served, "#read", "server");
    await page.getByLabel("Choose pictures").setInputFiles(folder.group);
    await faces(page).nth(1).waitFor();
    const asked = page.waitForRequest(/\/api\/explain/);
    await page.getByRole("button", { name: "Explain" }).nth(1).click();
    const { searchParams } = new URL((await asked).url());
    await using fer = await ExpressionRecognizer.load({ threads: 1 });
    const [, second] = leftToRight(await fer.predict(folder.group));
    expect(searchParams.get("landmarks")?.split(",").map(Number)).toEqual(second.landmarks?.flat());
    await page.locator(".overlay canvas").waitFor();
    await context.close();
  });

  it.each(["server", "browser"] as const)("reads what the camera sees, and says so: %s", async (mode) => {
    const { context, page, complaints } = await visit(served, "#read", mode);
    await page.getByRole("button", { name: "Use the camera" }).click();
    await page.getByRole("dialog").getByText("expressions, not feelings").waitFor();
    expect(await page.locator("[aria-label=Camera]").count()).toBe(0);
    await page.getByRole("button", { name: "I understand" }).click();
    await page.locator("[aria-label=Camera] .face").nth(1).waitFor();
    expect(await page.locator("[aria-label=Camera] [role=status]").textContent()).toMatch(
      /^2 faces: \w+ \d+ %, \w+ \d+ %\.$/,
    );
    await page.getByText(/^\d+\.\d frames\/s$/).waitFor();
    // The film stands still, so that each face keeps its number, and smoothing changes nothing.
    const shown = () => page.locator("[aria-label=Camera] .shares .first .number").allTextContents();
    const smooth = await shown();
    await page.getByLabel("Smooth over time").uncheck();
    await page.waitForTimeout(500);
    expect(await page.locator("[aria-label=Camera] h3").allTextContents()).toEqual([
      expect.stringMatching(/^Face 1: /),
      expect.stringMatching(/^Face 2: /),
    ]);
    const raw = await shown();
    for (const [i, text] of smooth.entries()) {
      expect(Math.abs(Number.parseFloat(text) - Number.parseFloat(raw[i]))).toBeLessThan(3);
    }
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("link", { name: "Teach" }).click();
    await page.getByRole("button", { name: "Hold to record" }).first().click();
    await page.getByRole("button", { name: "Remove this face of class 1" }).nth(1).waitFor();
    await page.getByRole("button", { name: "Hold to record" }).nth(1).focus();
    await page.keyboard.down("Space");
    await page.getByRole("button", { name: "Remove this face of class 2" }).nth(3).waitFor();
    await page.keyboard.up("Space");
    await page.getByRole("link", { name: "Read" }).click();
    await page.getByRole("button", { name: "Use the camera" }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("teaches two classes, keeps them over a reload, works offline, and gives a checkpoint that evaluate loads", {
    timeout: 300_000,
  }, async () => {
    const { context, page, complaints } = await visit(served, "#teach", "browser");
    for (const [i, name] of expressions.entries()) {
      const card = page.locator(".class-card").nth(i);
      await card.getByRole("textbox").fill(name);
      await card.locator("input[type=file]").setInputFiles(people.map((person) => folder.face(name, person)));
      await card
        .locator(".thumbs li")
        .nth(people.length - 1)
        .waitFor();
    }
    await page.getByLabel("Epochs").fill("2");
    const train = page.getByRole("button", { name: "Train", exact: true });
    await train.click();
    await page.getByText("Done.").waitFor();
    expect(await page.getByRole("button", { name: "In use" }).isDisabled()).toBe(true);
    expect(await page.getByText("Trained on 4 faces").textContent()).toMatch(/validation accuracy \d\/2\.$/);
    await page.getByRole("img", { name: /^Loss: loss from/ }).waitFor();
    // The preview opens by itself, on a face that was not trained on.
    await page.locator(".column").nth(2).locator(".face").waitFor();
    expect(await answering(page, "browser")).toContain("taught.safetensors");
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Download the checkpoint" }).click(),
    ]);
    const checkpoint = join(folder.path, "taught.safetensors");
    await download.saveAs(checkpoint);
    const data = { data: folder.faces, dataset: "folder", split: "test", checkpoint, threads: 1 };
    const { evaluation } = await evaluate(evaluateSchema.config.parse(data));
    expect(evaluation.classes).toEqual(expressions);
    expect(evaluation.n).toBe(6);
    expect(await seriousFaults(page)).toEqual([]);

    await page.getByLabel("Epochs").fill("300");
    await train.click();
    await page.getByText(/Step [2-9]\d* of/).waitFor();
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByText("Stopped; the prompts trained so far are in use.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Remove this face of happiness" }).first().click();
    expect(await page.locator(".thumbs li").count()).toBe(5);
    await page.getByRole("button", { name: "Undo" }).click();
    expect(await page.locator(".thumbs li").count()).toBe(6);
    expect(complaints).toEqual([]);
    // Loaded by the preview, and cached for the time without a network.
    await page.getByRole("link", { name: "Read" }).click();
    await page.locator(".example .face").nth(2).waitFor();
    await page.getByRole("link", { name: "Teach" }).click();

    await context.setOffline(true);
    await page.reload();
    expect(await answering(page, "browser")).toContain("faceclip-mini");
    await page.getByRole("button", { name: "Use this model" }).click();
    await page.getByText("reads with this model now").waitFor();
    expect(await answering(page, "browser")).toContain("taught.safetensors");
    await page.getByRole("link", { name: "Read" }).click();
    await page.getByRole("heading", { name: "Read expressions" }).waitFor();
    await page.getByLabel("Choose pictures").setInputFiles(folder.group);
    await faces(page).nth(1).waitFor();
    expect(await faces(page).first().getByRole("meter").count()).toBe(2);
    await page.locator(".chip").click();
    await page.getByLabel("Use a checkpoint file").setInputFiles(folder.group);
    await page.getByText(/group\.png is truncated or not a safetensors file/).waitFor();
    await page.getByLabel("Use a checkpoint file").setInputFiles(checkpoint);
    await page.getByText("taught.safetensors is in use").waitFor();
    await context.close();
  });

  it("compares two runs and shows a report", async () => {
    const { context, page, complaints } = await visit(served, "#runs", "server");
    await page.getByText("Choose two to compare them.").waitFor();
    await page.getByLabel("compare first").check();
    await page.getByLabel("compare table/second").check();
    const row = page.locator(".comparison").getByRole("row", { name: /^accuracy/ });
    await row.waitFor();
    expect(await row.getByRole("cell").allTextContents()).toEqual(["50.00 %", "75.00 %"]);
    expect(
      await page.locator(".comparison").getByRole("row", { name: /^seed/ }).getByRole("cell").allTextContents(),
    ).toEqual(["50", "75"]);
    expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole("button", { name: "report of table/second" }).click();
    const text = page.frameLocator("iframe").getByText("75 %");
    expect(await text.evaluate((p) => getComputedStyle(p).color)).toBe("rgb(255, 0, 0)");
    expect(complaints).toEqual([]);
    await context.close();
  });

  it("works from a server of files below a path, and asks it for no API", async () => {
    const site = await serveAsFiles(served.pageFolder);
    const { context, page, complaints } = await visit({ ...served, url: site.url }, "#read", "browser");
    await page.getByRole("button", { name: "Try the drawn face of happiness" }).click();
    await faces(page).getByText("Face 1: happiness").waitFor();
    await page.locator(".chip").click();
    expect(await page.getByRole("switch").isDisabled()).toBe(true);
    await page.getByText("This page has no server.").waitFor();
    expect(await seriousFaults(page)).toEqual([]);
    await page.goto(`${site.url}#runs`);
    await page.getByText("Runs are on a server.").waitFor();
    expect(complaints).toEqual([]);
    expect(site.asked.filter((path) => path.startsWith("api"))).toEqual([]);
    await context.close();
    await site.close();
  });
});

/** Faces of the user's pictures. */
const faces = (page: Page) => page.getByRole("region", { name: "Results" }).locator(".face");

/** Faces in the order of their numbers on the page. */
const leftToRight = (read: readonly FacePrediction[]) => [...read].sort((a, b) => a.box[0] - b.box[0]);

/** Counts the pictures that the worker decodes and records the ids that it is told to forget. */
async function watchWorker(page: Page) {
  const worker = page.workers().find((each) => /\/worker-[^/]*$/.test(each.url()));
  if (worker === undefined) throw new Error(`no worker among ${page.workers().map((each) => each.url())}`);
  await worker.evaluate(() => {
    const seen = { decoded: 0, forgotten: [] as unknown[] };
    const native = globalThis.createImageBitmap;
    const counting = (...call: Parameters<typeof native>) => {
      seen.decoded++;
      return native(...call);
    };
    Object.assign(globalThis, { seen, createImageBitmap: counting });
    // Message format of a comlink call of `forget`.
    globalThis.addEventListener("message", ({ data }) => {
      if (data.path?.join() === "forget") seen.forgotten.push(data.argumentList[0].value);
    });
  });
  return {
    decoded: () => worker.evaluate((): number => Reflect.get(globalThis, "seen").decoded),
    forgotten: () => worker.evaluate((): readonly number[] => Reflect.get(globalThis, "seen").forgotten),
  };
}
