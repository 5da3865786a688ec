/** Names and shapes of the tensors of a CLIP in Hugging Face's checkpoints. */
import type { Shape } from "../graph/tensor.ts";
import type { ClipConfig, TowerConfig } from "./config.ts";

/** A tensor's Hugging Face name and its shape. */
export type NamedShape = readonly [name: string, shape: Shape];

/** All tensors of a CLIP, in the order of Hugging Face's checkpoints. */
export function clipTensors({ text, vision, jointWidth }: ClipConfig): readonly NamedShape[] {
  const { width: V, patchSize: p, grid } = vision;
  return [
    ["logit_scale", []],
    ["text_model.embeddings.token_embedding.weight", [text.vocabulary, text.width]],
    ["text_model.embeddings.position_embedding.weight", [text.contextLength, text.width]],
    ...blocks("text_model", text),
    ...norm("text_model.final_layer_norm", text.width),
    ["vision_model.embeddings.class_embedding", [V]],
    ["vision_model.embeddings.patch_embedding.weight", [V, 3, p, p]],
    ["vision_model.embeddings.position_embedding.weight", [1 + grid ** 2, V]],
    ...norm("vision_model.pre_layrnorm", V),
    ...blocks("vision_model", vision),
    ...norm("vision_model.post_layernorm", V),
    ["visual_projection.weight", [jointWidth, V]],
    ["text_projection.weight", [jointWidth, text.width]],
  ];
}

function blocks(model: string, { width, mlpWidth, layers }: TowerConfig): NamedShape[] {
  return Array.from({ length: layers }, (_, l) => {
    const prefix = `${model}.encoder.layers.${l}`;
    const linear = (name: string, to: number, from: number): NamedShape[] => [
      [`${prefix}.${name}.weight`, [to, from]],
      [`${prefix}.${name}.bias`, [to]],
    ];
    return [
      ...norm(`${prefix}.layer_norm1`, width),
      ...["q_proj", "k_proj", "v_proj", "out_proj"].flatMap((name) => linear(`self_attn.${name}`, width, width)),
      ...norm(`${prefix}.layer_norm2`, width),
      ...linear("mlp.fc1", mlpWidth, width),
      ...linear("mlp.fc2", width, mlpWidth),
    ];
  }).flat();
}

const norm = (name: string, width: number): NamedShape[] => [
  [`${name}.weight`, [width]],
  [`${name}.bias`, [width]],
];
