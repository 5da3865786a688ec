import { expect, it } from "vitest";
import { parseClipConfig } from "./config.ts";

it("uses CLIPConfig's defaults for absent keys", () => {
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

it("prefers text_config_dict and vision_config_dict of older files, completed by the defaults", () => {
  const older = {
    model_type: "clip",
    text_config: { hidden_size: 64, hidden_act: "gelu", vocab_size: 99 },
    text_config_dict: { hidden_size: 768, num_attention_heads: 12 },
    vision_config_dict: { patch_size: 14, hidden_size: 1024, num_attention_heads: 16, hidden_act: "gelu" },
  };
  const { text, vision } = parseClipConfig(older, "f");
  expect(text).toMatchObject({ width: 768, heads: 12, vocabulary: 49408, activation: "quick_gelu" });
  expect(vision).toMatchObject({ width: 1024, heads: 16, patchSize: 14, activation: "gelu" });
  const newer = { ...older, text_config_dict: null, text_config: { hidden_size: 512 } };
  expect(parseClipConfig(newer, "f").text.width).toBe(512);
});

it.each([
  [{ model_type: "bert" }, 'describes a "bert" model, not a CLIP'],
  [{ model_type: "\u001b[2J" }, 'describes a "\\u001b[2J" model'],
  [{}, "has no model_type"],
  [null, "has no model_type"],
  [
    { model_type: "clip", architectures: ["CLIPTextModel"], text_config: {}, vision_config: {} },
    '"CLIPTextModel", not a',
  ],
  [{ model_type: "clip", quantization_config: { bits: 8 }, text_config: {}, vision_config: {} }, "quantised"],
  [{ model_type: "clip", text_config: {}, vision_config: { hidden_act: "gelu_pytorch_tanh" } }, "gelu_pytorch_tanh"],
  [{ model_type: "clip", text_config: {}, vision_config: {}, vision_config_dict: { hidden_act: "relu" } }, "relu"],
  [{ model_type: "clip", text_config: { layer_norm_eps: -1 }, vision_config: {} }, "text_config.layer_norm_eps"],
  [{ model_type: "clip", text_config: {}, vision_config: { image_size: 16, patch_size: 32 } }, "no patch of 32"],
  [{ model_type: "clip", text_config: {}, vision_config: { num_channels: 1 } }, "num_channels"],
  [{ model_type: "clip", text_config: {} }, "vision_config"],
  [{ model_type: "clip", text_config: { hidden_act: "relu" }, vision_config: {} }, "text_config.hidden_act"],
  [
    { model_type: "clip", text_config: {}, vision_config: { hidden_size: 100 } },
    "width 100 is not a multiple of 12 heads",
  ],
])("rejects %j", (json, message) => {
  expect(() => parseClipConfig(json, "f")).toThrow(message);
});
