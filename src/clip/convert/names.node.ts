/** Renaming of the tensors of OpenAI's CLIP and OpenCLIP to those of Hugging Face's `CLIPModel`. */
import { MpaError } from "../../platform/errors.ts";
import { quoted, quotedList } from "../../platform/quote.ts";
import { rowsOf, type SourceTensor, type SourceTensors, transposed } from "./tensors.node.ts";

/** Names of tensors that are not weights: sizes, masks and position ids. */
const notWeights = /(^|\.)(attn_mask|input_resolution|context_length|vocab_size|position_ids)$/;

/** Renames all tensors. Throws MODEL for a tensor that a `CLIPModel` does not have, and for two tensors with the same new name. */
export function huggingFaceTensors(source: SourceTensors, where: string): SourceTensors {
  const out = new Map<string, SourceTensor>();
  const unknown: string[] = [];
  for (const [name, tensor] of withoutPrefix(source, where)) {
    if (notWeights.test(name)) continue;
    const renamed = renamings(name, tensor);
    if (renamed === undefined) unknown.push(name);
    for (const [to, value] of renamed ?? []) {
      if (out.has(to)) {
        const what = `two tensors are a CLIPModel's ${to}, one of them ${quoted(name, 120)}`;
        throw new MpaError("MODEL", what, { where, fix: "save one model alone" });
      }
      out.set(to, value);
    }
  }
  if (unknown.length > 0) {
    const what = `a CLIPModel has no place for ${quoted(unknown[0], 120)}${unknown.length > 1 ? ` and ${unknown.length - 1} more` : ""}`;
    throw new MpaError("MODEL", what, { where, fix: "convert a CLIP with a plain ViT image encoder" });
  }
  return out;
}

/**
 * Removes prefixes such as `state_dict.` and `module.`, and OpenCLIP's `text.`, from the names. Tensors with another prefix are
 * skipped.
 */
function withoutPrefix(source: SourceTensors, where: string): [string, SourceTensor][] {
  const prefix = prefixOf([...source.keys()], where);
  return [...source]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, tensor]) => [name.slice(prefix.length).replace(/^text\./, ""), tensor]);
}

/** Name of the tensor that identifies a CLIP with a ViT; the text before it is the prefix. */
const anchor = "visual.conv1.weight";

/** The prefix of the model's names. If there are several models, it is that of `state_dict`, which OpenCLIP loads. Throws MODEL. */
function prefixOf(names: readonly string[], where: string): string {
  const found = names
    .filter((name) => name === anchor || name.endsWith(`.${anchor}`))
    .map((name) => name.slice(0, -anchor.length));
  const [first] = found.length > 1 ? found.filter((prefix) => /^state_dict\.(module\.)?$/.test(prefix)) : found;
  if (first !== undefined) return first;
  const what = found.length === 0 ? `the file has no ${anchor}` : `the file has several models: ${quotedList(found)}`;
  const fix = found.length === 0 ? "name the weights of a CLIP with a ViT image encoder" : "save one of them alone";
  throw new MpaError("MODEL", what, { where, fix });
}

type Renaming = readonly [to: string, tensor: SourceTensor];

function renamings(name: string, tensor: SourceTensor): readonly Renaming[] | undefined {
  const [, visual, layer, part] = name.match(/^(visual\.)?transformer\.resblocks\.(\d+)\.(.+)$/) ?? [];
  if (part !== undefined) {
    const prefix = `${visual === undefined ? "text" : "vision"}_model.encoder.layers.${layer}`;
    return inBlock(part, tensor)?.map(([to, value]) => [`${prefix}.${to}`, value]);
  }
  const projection = projections.get(name);
  if (projection !== undefined) return [[projection, transposed(tensor)]];
  const direct = names.get(name);
  return direct === undefined ? undefined : [[direct, tensor]];
}

/** Renames a tensor of a block. PyTorch's attention stores queries, keys and values in one matrix, a third of the rows each. */
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

/** Projections, which OpenAI and OpenCLIP store as [in, out] and a `CLIPModel` as [out, in]. */
const projections: ReadonlyMap<string, string> = new Map([
  ["visual.proj", "visual_projection.weight"],
  ["text_projection", "text_projection.weight"],
]);

const names: ReadonlyMap<string, string> = new Map([
  ["logit_scale", "logit_scale"],
  ["positional_embedding", "text_model.embeddings.position_embedding.weight"],
  ["token_embedding.weight", "text_model.embeddings.token_embedding.weight"],
  ["ln_final.weight", "text_model.final_layer_norm.weight"],
  ["ln_final.bias", "text_model.final_layer_norm.bias"],
  ["text_projection.weight", "text_projection.weight"],
  ["visual.class_embedding", "vision_model.embeddings.class_embedding"],
  ["visual.positional_embedding", "vision_model.embeddings.position_embedding.weight"],
  ["visual.conv1.weight", "vision_model.embeddings.patch_embedding.weight"],
  ["visual.ln_pre.weight", "vision_model.pre_layrnorm.weight"],
  ["visual.ln_pre.bias", "vision_model.pre_layrnorm.bias"],
  ["visual.ln_post.weight", "vision_model.post_layernorm.weight"],
  ["visual.ln_post.bias", "vision_model.post_layernorm.bias"],
]);
