import { expect, it } from "vitest";
import { memoryGrowth, vulkanDriver } from "./device.ts";

it("takes the largest growth of one card over its first reading", () => {
  expect(memoryGrowth("0, 500\n1, 20\n0, 2500\n1, 21\n0, 1500\n")).toBe(2000);
  expect(memoryGrowth("0, 500\n0, 400\n")).toBe(0);
});

it("tells no memory where there is no reading", () => {
  expect(memoryGrowth("")).toBeUndefined();
  expect(memoryGrowth("0, [N/A]\n")).toBeUndefined();
});

it("reads the drivers of Vulkan's summary", () => {
  const summary =
    "GPU0:\n\tdriverName         = NVIDIA\n\tdriverInfo         = 580.1\nGPU1:\n\tdriverName = llvmpipe\n";
  expect(vulkanDriver(summary)).toBe("NVIDIA 580.1; llvmpipe");
  expect(vulkanDriver("")).toBeUndefined();
});
