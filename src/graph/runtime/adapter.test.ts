import { expect, it } from "vitest";
import { adapterOf, adapterText, macNames, vulkanNames } from "./adapter.node.ts";

it("reads names from what the systems tell", () => {
  expect(vulkanNames("GPU0:\n\tdeviceType  = DISCRETE\n\tdeviceName         = NVIDIA RTX A2000\n")).toEqual([
    "NVIDIA RTX A2000",
  ]);
  expect(macNames('{"SPDisplaysDataType":[{"_name":"x","sppci_model" : "Apple M2"}]}')).toEqual(["Apple M2"]);
  expect([vulkanNames(""), macNames("")]).toEqual([[], []]);
});

it("says that it does not know which of several adapters it is, or any", () => {
  expect(adapterText(["A", "A"])).toBe("A");
  expect(adapterText(["A", "B"])).toBe("unknown, one of A; B");
  expect(adapterText([])).toBe("unknown");
});

it("the processor has no adapter, and a card always a text", async () => {
  expect(await adapterOf("cpu")).toBeUndefined();
  expect(await adapterOf("webgpu")).toMatch(/./);
});
