/** `config.json` and `preprocessor_config.json` of a converted model, from its tensors' shapes. */
import { MpaError } from "../errors.ts";
import type { Shape } from "../graph/tensor.ts";
import type { ModelHints } from "./openClipConfig.ts";
import type { SourceTensors } from "./sourceTensor.ts";

/** Throws MODEL where a tensor that tells a size is missing. */
export function convertedConfig(tensors: SourceTensors, hints: ModelHints, where: string) {
  const shape = (name: string): Shape => {
    const found = tensors.get(name)?.shape;
    if (found !== undefined) return found;
    throw new MpaError("MODEL", `the model has no ${name}`, where, "name the weights of a whole CLIP");
  };
  const tower = (model: "text" | "vision", width: number, heads: number) => ({
    hidden_size: width,
    intermediate_size: shape(`${model}_model.encoder.layers.0.mlp.fc1.weight`)[0],
    num_hidden_layers: layersOf(tensors, model),
    num_attention_heads: heads,
    hidden_act: hints.activation,
    layer_norm_eps: 1e-5,
  });
  const [vocabulary, textWidth] = shape("text_model.embeddings.token_embedding.weight");
  const [contextLength] = shape("text_model.embeddings.position_embedding.weight");
  const [visionWidth, , patch] = shape("vision_model.embeddings.patch_embedding.weight");
  const [tokens] = shape("vision_model.embeddings.position_embedding.weight");
  const [joint] = shape("visual_projection.weight");
  const imageSize = Math.round(Math.sqrt(tokens - 1)) * patch;
  const [sot, eot] = [vocabulary - 2, vocabulary - 1];
  const config = {
    architectures: ["CLIPModel"],
    model_type: "clip",
    projection_dim: joint,
    text_config: {
      ...tower("text", textWidth, hints.textHeads ?? Math.max(1, Math.floor(textWidth / 64))),
      ...{ model_type: "clip_text_model", projection_dim: joint, vocab_size: vocabulary },
      ...{ max_position_embeddings: contextLength, bos_token_id: sot, eos_token_id: eot, pad_token_id: eot },
    },
    vision_config: {
      ...tower("vision", visionWidth, Math.max(1, Math.floor(visionWidth / hints.headWidth))),
      ...{ model_type: "clip_vision_model", projection_dim: joint, image_size: imageSize, patch_size: patch },
    },
  };
  return { config, preprocessor: preprocessorConfig(imageSize, hints) };
}

function layersOf(tensors: SourceTensors, model: "text" | "vision"): number {
  const pattern = new RegExp(`^${model}_model\\.encoder\\.layers\\.(\\d+)\\.`);
  return Math.max(-1, ...[...tensors.keys()].map((name) => Number(name.match(pattern)?.[1] ?? -1))) + 1;
}

/** OpenAI's preprocessing, with the model's own mean and deviation where it has them. */
function preprocessorConfig(imageSize: number, { mean, std }: ModelHints) {
  const size = { height: imageSize, width: imageSize };
  return {
    ...{ do_resize: true, size: { shortest_edge: imageSize }, resample: 3, do_center_crop: true, crop_size: size },
    ...{ do_rescale: true, rescale_factor: 1 / 255, do_normalize: true, do_convert_rgb: true },
    image_mean: mean ?? [0.48145466, 0.4578275, 0.40821073],
    image_std: std ?? [0.26862954, 0.26130258, 0.27577711],
    image_processor_type: "CLIPImageProcessor",
  };
}
