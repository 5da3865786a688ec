import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { amdAdapters, macAdapters, nvidiaAdapters } from "./graphicsAdapters.ts";

it("reads names and memory that nvidia-smi prints", () => {
  expect(nvidiaAdapters("NVIDIA H100 80GB HBM3, 81559\nNVIDIA GeForce RTX 4090, 24564\n")).toEqual([
    { name: "NVIDIA H100 80GB HBM3", memoryBytes: 81_559 * 2 ** 20 },
    { name: "NVIDIA GeForce RTX 4090", memoryBytes: 24_564 * 2 ** 20 },
  ]);
  expect(nvidiaAdapters("No devices were found\n")).toEqual([]);
});

it("reads a Mac's adapters, of which Apple's own share the machine's memory", () => {
  const json = JSON.stringify({
    SPDisplaysDataType: [{ sppci_model: "Apple M3" }, { sppci_model: "AMD Radeon Pro 5500M", spdisplays_vram: "8 GB" }],
  });
  expect(macAdapters(json)).toEqual([{ name: "Apple M3" }, { name: "AMD Radeon Pro 5500M", memoryBytes: 8 * 2 ** 30 }]);
  expect(macAdapters("")).toEqual([]);
  expect(macAdapters("{}")).toEqual([]);
});

it("reads the memory that AMD's driver for Linux tells", async () => {
  const folder = await mkdtemp(join(tmpdir(), "mpa-fer-drm-"));
  try {
    for (const name of ["card0", "card1", "card0-HDMI-A-1"])
      await mkdir(join(folder, name, "device"), { recursive: true });
    await writeFile(join(folder, "card1", "device", "mem_info_vram_total"), "17163091968\n");
    expect(await amdAdapters(folder)).toEqual([{ name: "AMD graphics", memoryBytes: 17_163_091_968 }]);
    expect(await amdAdapters(join(folder, "nothing"))).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
