/**
 * Whole CLIPs that PyTorch and OpenCLIP write at test time keep their features when they are converted. Needs Python with
 * tools/requirements.txt: `MPA_FER_PYTHON=.venv/bin/python npx vitest run src/clip/convert/convertFull`; skipped without.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readTensors, relativeError, tolerance } from "../../../test/parity.ts";
import { featuresOf } from "../../../test/sourceFeatures.ts";
import { openBackbone } from "../backbone.node.ts";
import { convert } from "./convert.node.ts";

const python = process.env.MPA_FER_PYTHON;
const script = join(import.meta.dirname, "../../../tools/full_clip.py");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-full-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(python === undefined)("a converted full-size CLIP has the same features", () => {
  it.each([
    ["ViT-B-32", "openai", "model.pt", "quick_gelu"],
    ["ViT-B-16", "openai", "model.pt", "quick_gelu"],
    ["ViT-L-14", "openai", "model.pt", "quick_gelu"],
    ["ViT-B-32", "openclip", "model.pt", "gelu"],
    ["ViT-B-16", "safetensors", "model.safetensors", "gelu"],
    ["ViT-L-14", "openclip", "model.pt", "gelu"],
  ])("%s, %s", { timeout: 600_000 }, async (arch, kind, file, activation) => {
    const [source, out] = ["source", "out"].map((name) => join(folder, `${arch}-${kind}-${name}`));
    execFileSync(python ?? "", [script, "--arch", arch, "--kind", kind, "--out", source], { stdio: "ignore" });
    expect((await convert({ file: join(source, file), out })).activation).toBe(activation);
    const fixture = await readTensors(join(source, "features.safetensors"));
    const results = await featuresOf(await openBackbone(out), fixture);
    const errors = ["image", "text"].map((name) => relativeError(results[name], fixture(name)));
    console.log(arch, kind, errors);
    for (const error of errors) expect(error).toBeLessThan(tolerance);
    await Promise.all([source, out].map((each) => rm(each, { recursive: true })));
  });
});
