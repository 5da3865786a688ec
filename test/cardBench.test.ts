/** Benchmark of a graphics card: predictions on paper, rows of reports, and pieces that are checked when they are unpacked. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Card, cardOf, predict } from "../bench/card/cards.ts";
import { isLeftOut, peerTexts } from "../bench/card/contents.ts";
import { writePieces } from "../bench/card/pieces.ts";
import { faultOf, peerRow, reportRow, rowsTable } from "../bench/card/rows.ts";
import type { BenchReport } from "../src/runs/bench/report.ts";

const root = join(import.meta.dirname, "..");
const card: Card = { name: "a", adapter: /a/, teraflops: { fp32: 2, fp16: 8 }, bandwidth: 100, source: "made up" };

describe("a prediction on paper", () => {
  it("is the lesser of product rate and bandwidth", () => {
    // 10¹² operations at 2·10¹² a second take half a second; 20 GB at 100 GB/s take a fifth.
    const work = { multiplyAdds: 0.5e12, bytes: 20e9 };
    expect(predict(card, "fp32", work, 32)).toEqual({ imagesPerSecond: 64, boundBy: "products" });
    // At 8·10¹² an eighth, and half the bytes a tenth.
    expect(predict(card, "fp16", work, 32)).toEqual({ imagesPerSecond: 256, boundBy: "products" });
    expect(predict(card, "fp32", { ...work, bytes: 100e9 }, 32)).toEqual({ imagesPerSecond: 32, boundBy: "memory" });
  });

  it("is none where the card has no such arithmetic", () => {
    expect(predict(card, "tf32", { multiplyAdds: 1, bytes: 1 }, 1)).toBeUndefined();
  });

  it("knows cards by the names that drivers tell", () => {
    expect(cardOf("NVIDIA H100 80GB HBM3")?.name).toBe("NVIDIA H100 SXM");
    expect(cardOf("NVIDIA GeForce RTX 4090")?.bandwidth).toBe(1008);
    expect(cardOf("NVIDIA GeForce RTX 4090 Laptop GPU")).toBeUndefined();
    expect(cardOf("Apple M2")?.teraflops.fp32).toBe(3.6);
    expect(cardOf("Apple M2 Max")).toBeUndefined();
    expect(cardOf("unknown")).toBeUndefined();
  });
});

const report: BenchReport = {
  version: 1,
  date: "2026-01-01T00:00:00.000Z",
  machine: { arch: "x64", processor: "p", cores: 2, system: "linux 6", memory_mb: 1 },
  versions: {},
  ...{ provider: "cuda", adapter: "NVIDIA T4", tf32: "forbidden", backbone: "random:vit-b-16", precision: "fp32" },
  ...{ batch: 32, threads: 2, rss_mb: 1, device_mb: 700, train_images_per_s: 32 },
  nodes: { train: { cuda: 5 } },
  // 8.1·10¹² operations, which a T4 does in a second.
  work: { train: { multiplyAdds: 4.05e12, bytes: 1 } },
};

describe("a report", () => {
  it("is a row with its share of the prediction", () => {
    expect(reportRow(report)).toMatchObject({
      what: "mpa-fer cuda fp32",
      backbone: "vit-b-16",
      train: 32,
      memory: 700,
    });
    expect(reportRow(report).shares).toEqual([1, undefined]);
    expect(rowsTable([reportRow(report)]).split("\n")[2]).toBe(
      "| mpa-fer cuda fp32 | vit-b-16 | NVIDIA T4 | 32 | 32.00 | – | 700 | 100 %, – |",
    );
  });

  it("is at fault where another provider ran a node, or nothing was timed", () => {
    expect(faultOf(report)).toBeUndefined();
    expect(faultOf({ ...report, nodes: { train: { cuda: 5, cpu: 3 } } })).toBe(
      "not whole on cuda: 3 nodes of train on cpu",
    );
    expect(faultOf({ ...report, train_images_per_s: undefined })).toBe("nothing was timed");
  });

  it("stands beside PyTorch's line", () => {
    const line = {
      peer: "pytorch 2",
      mode: "train",
      backbone: "vit-b-16",
      precision: "bf16",
      compile: true,
      tf32: false,
    };
    expect(peerRow({ ...line, device: "NVIDIA T4", device_mb: 900, batch: 32, images_per_s: 40 })).toMatchObject({
      what: "pytorch 2 bf16, compiled",
      train: 40,
      memory: 900,
    });
    expect(() => peerRow({ ...line, images_per_s: 0 })).toThrow();
  });
});

describe("pieces of a folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mpa-fer-pieces-"));
    await mkdir(join(folder, "mpa-fer-card"));
    await mkdir(join(folder, "out"));
    await writeFile(join(folder, "mpa-fer-card/a.bin"), randomBytes(5000));
    await copyFile(join(root, "bench/card/unpack.sh"), join(folder, "out/unpack.sh"));
  });
  afterEach(() => rm(folder, { recursive: true }));
  const unpack = () => spawnSync("sh", [join(folder, "out/unpack.sh"), join(folder, "there")], { encoding: "utf8" });

  it("are of the size at most, and become the folder again", async () => {
    const pieces = await writePieces(folder, "mpa-fer-card", join(folder, "out"), 1500);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.slice(0, -1).every(({ bytes }) => bytes === 1500)).toBe(true);
    expect(unpack().status).toBe(0);
    const bytes = await readFile(join(folder, "mpa-fer-card/a.bin"));
    expect((await readFile(join(folder, "there/mpa-fer-card/a.bin"))).equals(bytes)).toBe(true);
  });

  it("are refused, and nothing is unpacked, where one is damaged or missing", async () => {
    const [, second] = await writePieces(folder, "mpa-fer-card", join(folder, "out"), 1500);
    await writeFile(join(folder, "out", second.name), "damaged");
    const damaged = unpack();
    expect([damaged.status, await readdir(join(folder, "there"))]).toEqual([1, []]);
    expect(damaged.stderr).toContain("a piece is missing or damaged");
    await rm(join(folder, "out", second.name));
    expect(unpack().status).toBe(1);
  });
});

it("leaves out what Linux x64 cannot use, and nothing else", () => {
  const there = "onnxruntime-node/bin/napi-v6";
  const leftOut = [`${there}/darwin`, `${there}/linux/arm64/libonnxruntime.so.1`, `${there}/win32`, "zod/index.d.ts"];
  // An empty file in the place of CUDA's libraries would hide that they are missing.
  expect([...leftOut, `${there}/linux/x64/libonnxruntime_providers_cuda.so`].every(isLeftOut)).toBe(true);
  const taken = [
    there,
    `${there}/linux`,
    `${there}/linux/x64`,
    `${there}/linux/x64/libonnxruntime.so.1`,
    "zod/index.js",
  ];
  expect(taken.filter(isLeftOut)).toEqual([]);
});

it("has the tokens of the texts that PyTorch's step asks for", async () => {
  const script = await readFile(join(root, "bench/peers/train_step.py"), "utf8");
  const names = JSON.parse(/^CLASSES = (\[.*\])$/m.exec(script)?.[1] ?? "[]");
  const hard = /^HARD = \[f"(.*)\{name\}" for/m.exec(script)?.[1];
  expect(new Set(peerTexts)).toEqual(new Set(names.flatMap((name: string) => [name, `${hard}${name}`])));
});
