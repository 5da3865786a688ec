/** Teaching in the page, in Chromium: training, the files that can be downloaded, undo, and work without a network. */
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { InferenceSession, Tensor } from "onnxruntime-node";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { seriousFaults } from "../../../../test/browser/axe.ts";
import { chromiumPath } from "../../../../test/browser/chromium.ts";
import { makePageFolder, type PageFolder } from "../../../../test/browser/pageFolder.ts";
import { answering, type ServedPage, servePage, visit } from "../../../../test/browser/pageServer.ts";
import { ExpressionRecognizer } from "../../../faces/recognizer.node.ts";
import { evaluate } from "../../../runs/evaluate/evaluate.ts";
import { evaluateSchema } from "../../../runs/evaluate/options.ts";
import { exportClassifier } from "../../export/export.ts";
import { exportSchema } from "../../export/options.ts";

const expressions = ["happiness", "surprise"] as const;
const people = [1, 3, 4];

describe.skipIf(chromiumPath === undefined)("teaching in the page", () => {
  let folder: PageFolder;
  let served: ServedPage;

  beforeAll(async () => {
    folder = await makePageFolder(expressions, people);
    served = await servePage({});
  });
  afterAll(async () => {
    await served.close();
    await rm(folder.path, { recursive: true });
  });

  it("teaches two classes, keeps them over a reload, works offline, and gives files that other programs load", {
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
    const checkpoint = await downloaded(page, "Download the checkpoint");
    const onnx = await downloaded(page, "Download as ONNX");
    await page.getByText("The ONNX file is written.").waitFor();
    const out = join(folder.path, "of-the-command.onnx");
    await exportClassifier(exportSchema.config.parse({ checkpoint, out, threads: 1 }));
    const [ofThePage, ofTheCommand] = await Promise.all([onnx, out].map((file) => readFile(file)));
    expect(ofThePage.equals(ofTheCommand)).toBe(true);
    await expectSameAnswers(onnx, checkpoint);
    const data = { data: folder.faces, dataset: "folder", split: "test", checkpoint, threads: 1 };
    const { evaluation } = await evaluate(evaluateSchema.config.parse(data));
    expect(evaluation.classes).toEqual(expressions);
    expect(evaluation.n).toBe(6);
    expect(await seriousFaults(page)).toEqual([]);

    await page.getByLabel("Epochs").fill("300");
    await train.click();
    await page.getByText(/Epoch [2-9]\d* of/).waitFor();
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

  /** Presses a button that downloads a file, and returns where the file was saved. */
  async function downloaded(page: Page, button: string): Promise<string> {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: button }).click(),
    ]);
    const file = join(folder.path, download.suggestedFilename());
    await download.saveAs(file);
    return file;
  }

  /** Runs an ONNX file with ONNX Runtime alone on the faces of a picture, and compares it with what the checkpoint gives. */
  async function expectSameAnswers(onnx: string, checkpoint: string): Promise<void> {
    await using fer = await ExpressionRecognizer.load({ checkpoint, threads: 1 });
    const prepared = await fer.prepare(folder.group);
    const [answers] = await fer.classify([prepared]);
    const wanted = answers.flatMap(({ probabilities }) => Object.values(probabilities));
    expect(wanted.length).toBe(2 * expressions.length);
    const pixels = Float32Array.from(prepared.faces.flatMap((face) => [...face.pixels]));
    const side = Math.sqrt(pixels.length / 3 / prepared.faces.length);
    const session = await InferenceSession.create(onnx);
    const found = await session.run({
      pixel_values: new Tensor("float32", pixels, [prepared.faces.length, 3, side, side]),
    });
    const gaps = Array.from(found.probabilities.data, Number).map((p, i) => Math.abs(p - wanted[i]));
    expect(gaps.length).toBe(wanted.length);
    expect(Math.max(...gaps)).toBeLessThan(1e-4);
  }
});

/** Faces of the user's pictures. */
const faces = (page: Page) => page.getByRole("region", { name: "Results" }).locator(".face");
