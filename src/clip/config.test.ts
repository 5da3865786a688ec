import { expect, it } from "vitest";
import { parseClipConfig } from "./config.ts";

it("fills what a config leaves out with CLIPConfig's defaults", () => {
  const config = parseClipConfig({ model_type: "clip", text_config: {}, vision_config: { patch_size: 16 } }, "f");
  expect(config.vision).toMatchObject({
    width: 768,
    layers: 12,
    heads: 12,
    grid: 14,
    activation: "quick_gelu",
    epsilon: 1e-5,
  });
  expect(config.text).toMatchObject({ width: 512, heads: 8, vocabulary: 49408, contextLength: 77 });
  expect(config.jointWidth).toBe(512);
});

it.each([
  [{ model_type: "bert" }, "describes a bert model, not a CLIP"],
  [{}, "has no model_type"],
  [{ model_type: "clip", text_config: {} }, "vision_config"],
  [{ model_type: "clip", text_config: { hidden_act: "relu" }, vision_config: {} }, "text_config.hidden_act"],
  [
    { model_type: "clip", text_config: {}, vision_config: { hidden_size: 100 } },
    "width 100 is not a multiple of 12 heads",
  ],
])("refuses %j", (json, message) => {
  expect(() => parseClipConfig(json, "f")).toThrow(message);
});
