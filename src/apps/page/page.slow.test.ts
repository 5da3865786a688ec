/** The page in Chromium: reading, camera and runs, with and without the server. */
import { rm } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seriousFaults } from "../../../test/browser/axe.ts";
import { chromiumPath } from "../../../test/browser/chromium.ts";
import { makePageFolder, type PageFolder } from "../../../test/browser/pageFolder.ts";
import { type ServedPage, servePage, visit } from "../../../test/browser/pageServer.ts";
import { serveAsFiles } from "../../../test/browser/staticSite.ts";
import { ExpressionRecognizer } from "../../faces/recognizer.node.ts";
import type { FacePrediction } from "../../faces/recognizer.ts";

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
