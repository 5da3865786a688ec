/** The tensors of OpenAI's CLIP and of OpenCLIP under the names that a Hugging Face `CLIPModel` has for them. */
import { MpaError } from "../../platform/errors.ts";
import { rowsOf, type SourceTensor, type SourceTensors, transposed } from "./tensors.node.ts";

/** Tensors that are no weights: sizes, masks, places. */
const noWeights = /(^|\.)(attn_mask|input_resolution|context_length|vocab_size|position_ids)$/;

/** Throws MODEL where a tensor has no place in a CLIPModel, naming it. */
export function huggingFaceTensors(source: SourceTensors, where: string): SourceTensors {
  const out = new Map<string, SourceTensor>();
  const unknown: string[] = [];
  for (const [name, tensor] of withoutPrefix(source, where)) {
    if (noWeights.test(name)) continue;
    const renamed = renamings(name, tensor);
    if (renamed === undefined) unknown.push(name);
    else for (const [to, value] of renamed) out.set(to, value);
  }
  if (unknown.length > 0) {
    const what = `a CLIPModel has no place for ${unknown[0]}${unknown.length > 1 ? ` and ${unknown.length - 1} more` : ""}`;
    throw new MpaError("MODEL", what, { where, fix: "only CLIPs with a plain ViT image tower can be converted" });
  }
  return out;
}

/** Names from the model on: without `state_dict.`, `module.` and the like, and without OpenCLIP's `text.` tower. */
function withoutPrefix(source: SourceTensors, where: string): [string, SourceTensor][] {
  const anchor = "visual.conv1.weight";
  const found = [...source.keys()].find((name) => name === anchor || name.endsWith(`.${anchor}`));
  if (found === undefined) {
    throw new MpaError("MODEL", `the file has no ${anchor}`, {
      where,
      fix: "name the weights of a CLIP with a ViT image tower",
    });
  }
  const prefix = found.slice(0, -anchor.length);
  return [...source]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, tensor]) => [name.slice(prefix.length).replace(/^text\./, ""), tensor]);
}

type Renaming = readonly [to: string, tensor: SourceTensor];

function renamings(name: string, tensor: SourceTensor): readonly Renaming[] | undefined {
  const [, visual, layer, part] = name.match(/^(visual\.)?transformer\.resblocks\.(\d+)\.(.+)$/) ?? [];
  if (part !== undefined) {
    const prefix = `${visual === undefined ? "text" : "vision"}_model.encoder.layers.${layer}`;
    return inBlock(part, tensor)?.map(([to, value]) => [`${prefix}.${to}`, value]);
  }
  if (name in projections) return [[projections[name], transposed(tensor)]];
  const direct = names[name];
  return direct === undefined ? undefined : [[direct, tensor]];
}

/** PyTorch's attention has queries, keys and values in one matrix, a third of the rows each. */
function inBlock(part: string, tensor: SourceTensor): readonly Renaming[] | undefined {
  const [, kind] = part.match(/^attn\.in_proj_(weight|bias)$/) ?? [];
  if (kind !== undefined) {
    const third = tensor.shape[0] / 3;
    return ["q_proj", "k_proj", "v_proj"].map((to, i) => [
      `self_attn.${to}.${kind}`,
      rowsOf(tensor, i * third, (i + 1) * third),
    ]);
  }
  const [, module, end] = part.match(/^(ln_1|ln_2|attn\.out_proj|mlp\.c_fc|mlp\.c_proj)\.(weight|bias)$/) ?? [];
  return module === undefined ? undefined : [[`${blockModules[module]}.${end}`, tensor]];
}

const blockModules: Readonly<Record<string, string>> = {
  ln_1: "layer_norm1",
  ln_2: "layer_norm2",
  "attn.out_proj": "self_attn.out_proj",
  "mlp.c_fc": "mlp.fc1",
  "mlp.c_proj": "mlp.fc2",
};

/** Kept as [in, out] there and as a linear layer's [out, in] here. */
const projections: Readonly<Record<string, string>> = {
  "visual.proj": "visual_projection.weight",
  text_projection: "text_projection.weight",
};

const names: Readonly<Record<string, string>> = {
  logit_scale: "logit_scale",
  positional_embedding: "text_model.embeddings.position_embedding.weight",
  "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
  "ln_final.weight": "text_model.final_layer_norm.weight",
  "ln_final.bias": "text_model.final_layer_norm.bias",
  "text_projection.weight": "text_projection.weight",
  "visual.class_embedding": "vision_model.embeddings.class_embedding",
  "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
  "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
  "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
  "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
  "visual.ln_post.weight": "vision_model.post_layernorm.weight",
  "visual.ln_post.bias": "vision_model.post_layernorm.bias",
};
