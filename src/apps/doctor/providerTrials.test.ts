import { describe, expect, it } from "vitest";
import { machineText } from "../cli/commands/doctor.ts";
import { recommend } from "./providerTrials.ts";

const cpu = { provider: "cpu", imagesPerSecond: 50 };

describe("the recommended provider", () => {
  it("is the one that trains fastest", () => {
    const webgpu = { provider: "webgpu", imagesPerSecond: 365, halfPrecision: true };
    expect(recommend([cpu, webgpu])).toEqual({ provider: "webgpu", timesProcessor: 7.3 });
    expect(recommend([cpu, { ...webgpu, imagesPerSecond: 5 }])).toEqual({ provider: "cpu" });
  });

  it("is not one that failed, and may be none", () => {
    expect(recommend([cpu, { provider: "webgpu", failed: "no step within 60 s" }])).toEqual({ provider: "cpu" });
    expect(recommend([{ provider: "cpu", failed: "its process ended (1)" }])).toBeUndefined();
  });
});

describe("the text of a machine", () => {
  const machine = {
    ...{ versions: { node: "20.20.2" }, processor: "AMD EPYC", threads: 2, memoryGb: 24, freeMemoryGb: 12 },
    ...{ providers: ["cpu", "webgpu"], backbone: { name: "faceclip-mini", sha256: "f0c29e1e8d5a131b" } },
    unusableProviders: [{ provider: "cuda", missing: "the library libcuda.so.1 cannot be loaded" }],
    adapters: { webgpu: "NVIDIA H100" },
    graphicsAdapters: [{ name: "NVIDIA H100", memoryBytes: 85.5e9 }, { name: "llvmpipe" }],
  };

  it("names adapters with their memory, what each provider can do, and what to use", () => {
    const trials = [cpu, { provider: "webgpu", imagesPerSecond: 365, halfPrecision: true }];
    const text = machineText(machine, { trials, recommended: { provider: "webgpu", timesProcessor: 7.3 } });
    expect(text.split("\n").map((line) => line.replace(/ {2,}/, " | "))).toEqual([
      "node | 20.20.2",
      "processor | AMD EPYC, 2 threads",
      "memory | 24 GB, 12 GB free",
      "adapter | NVIDIA H100, 85.5 GB",
      "adapter | llvmpipe",
      "cpu | trains 50.0 images/s (faceclip-mini, batch 32)",
      "webgpu | trains 365 images/s on NVIDIA H100 (faceclip-mini, batch 32), half precision",
      "no cuda | the library libcuda.so.1 cannot be loaded",
      "backbone | faceclip-mini, f0c29e1e8d5a…",
      "recommended | --provider webgpu, 7.3 times as fast as the processor",
      "",
    ]);
  });

  it("tells of failures, and of a machine without an adapter", () => {
    const trials = [cpu, { provider: "webgpu", failed: "no step within 60 s", halfPrecision: false }];
    const text = machineText({ ...machine, graphicsAdapters: [] }, { trials, recommended: { provider: "cpu" } });
    expect(text).toMatch(/^adapter +none that the system tells of$/m);
    expect(text).toMatch(/^webgpu +does not train on NVIDIA H100: no step within 60 s; no half precision$/m);
    expect(text).toMatch(/^recommended +--provider cpu, the fastest here$/m);
    const alone = machineText(machine, { trials: [cpu], recommended: { provider: "cpu" } });
    expect(alone).toMatch(/^recommended +--provider cpu, the only one that works here$/m);
  });
});
