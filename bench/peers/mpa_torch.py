"""The method in PyTorch, made for speed: visual prompts are only keys and values, projected once for the whole batch;
query, key and value projections are one product; frozen weights get no gradient; texts are cut after their longest EOT;
the hard prompts' features are computed once. Attention is PyTorch's fused one in float32, plain products in bfloat16, each
the faster there on a CPU with AMX.

Symbols: B images, C classes, N patches, V vision width, T text width, E joint width, K vision layers, P visual prompts a
layer, M soft text tokens.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file
from torch import Tensor

# x·sigmoid(1.702 x) = silu(1.702 x) / 1.702: with both factors in the weights around it, the fused silu does the work.
QUICK = 1.702


@dataclass(frozen=True)
class Block:
    ln1: tuple[Tensor, Tensor]
    qkv: tuple[Tensor, Tensor]
    out: tuple[Tensor, Tensor]
    ln2: tuple[Tensor, Tensor]
    fc1: tuple[Tensor, Tensor]
    fc2: tuple[Tensor, Tensor]


class Tower:
    """One transformer of a CLIP over its frozen weights, in `dtype`; layer norms compute in at least float32 inside."""

    def __init__(self, weights: dict[str, Tensor], prefix: str, config: dict, dtype: torch.dtype):
        self.heads = config["num_attention_heads"]
        self.epsilon = config.get("layer_norm_eps", 1e-5)
        quick = config.get("hidden_act", "quick_gelu") == "quick_gelu"
        self.activation, gain = (F.silu, QUICK) if quick else (F.gelu, 1.0)

        def read(name: str, scale: tuple[float, float] = (1, 1)) -> tuple[Tensor, Tensor]:
            pair = weights[f"{name}.weight"], weights[f"{name}.bias"]
            return tuple((w * factor).to(dtype) for w, factor in zip(pair, scale))

        def block(name: str) -> Block:
            parts = [read(f"{name}.self_attn.{part}_proj") for part in "qkv"]
            return Block(
                ln1=read(f"{name}.layer_norm1"),
                qkv=(torch.cat([w for w, _ in parts]), torch.cat([b for _, b in parts])),
                out=read(f"{name}.self_attn.out_proj"),
                ln2=read(f"{name}.layer_norm2"),
                fc1=read(f"{name}.mlp.fc1", (gain, gain)),
                fc2=read(f"{name}.mlp.fc2", (1 / gain, 1)),
            )

        self.blocks = [block(f"{prefix}.encoder.layers.{l}") for l in range(config["num_hidden_layers"])]

    def norm(self, x: Tensor, weights: tuple[Tensor, Tensor]) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], *weights, self.epsilon)

    def keys_and_values(self, prompts: Tensor) -> list[Tensor]:
        """Of each layer's prompts: [2, heads, P, V/heads]."""
        projected = []
        for prompt, block in zip(prompts, self.blocks):
            places, width = prompt.shape
            weight, bias = (each[width:] for each in block.qkv)
            rows = F.linear(self.norm(prompt, block.ln1), weight, bias)
            projected.append(rows.view(places, 2, self.heads, -1).permute(1, 2, 0, 3))
        return projected

    def __call__(self, x: Tensor, extra: list[Tensor] | None = None, causal: bool = False) -> Tensor:
        """x [B, tokens, width]; `extra` holds more keys and values for each layer."""
        for l, block in enumerate(self.blocks):
            x = x + self.attend(x, block, None if extra is None else extra[l], causal)
            hidden = self.activation(F.linear(self.norm(x, block.ln2), *block.fc1))
            x = x + F.linear(hidden, *block.fc2)
        return x

    def attend(self, x: Tensor, block: Block, extra: Tensor | None, causal: bool) -> Tensor:
        batch, tokens, width = x.shape
        rows = F.linear(self.norm(x, block.ln1), *block.qkv)
        q, k, v = rows.view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        if extra is not None:
            k, v = (torch.cat([own, more.expand(batch, -1, -1, -1)], 2) for own, more in zip((k, v), extra))
        if x.dtype == torch.bfloat16 and not causal:
            attended = ((q * q.shape[-1] ** -0.5) @ k.transpose(-1, -2)).softmax(-1) @ v
        else:
            attended = F.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return F.linear(attended.transpose(1, 2).reshape(batch, tokens, width), *block.out)


class Clip:
    """A CLIPModel folder. Features come out in float32 at least."""

    def __init__(self, folder: Path, dtype: torch.dtype = torch.float32):
        config = json.loads((folder / "config.json").read_text())
        wide = torch.promote_types(dtype, torch.float32)
        device = torch.get_default_device()
        weights = {name: w.to(device, wide) for name, w in load_file(folder / "model.safetensors").items()}
        take = lambda name: weights[name].to(dtype)
        pair = lambda name: (take(f"{name}.weight"), take(f"{name}.bias"))
        self.dtype, self.wide, self.device = dtype, wide, device
        self.scale = weights["logit_scale"].double().exp().item()
        self.config = config
        self.text = Tower(weights, "text_model", config["text_config"], dtype)
        self.vision = Tower(weights, "vision_model", config["vision_config"], dtype)
        # The learned soft tokens stand beside these, in full precision up to the tower.
        self.token_embedding = weights["text_model.embeddings.token_embedding.weight"]
        self.text_positions = weights["text_model.embeddings.position_embedding.weight"]
        self.final_norm = pair("text_model.final_layer_norm")
        self.text_projection = take("text_projection.weight")
        self.class_embedding = take("vision_model.embeddings.class_embedding")
        self.patch_embedding = take("vision_model.embeddings.patch_embedding.weight")
        self.vision_positions = take("vision_model.embeddings.position_embedding.weight")
        self.pre_norm = pair("vision_model.pre_layrnorm")
        self.post_norm = pair("vision_model.post_layernorm")
        self.visual_projection = take("visual_projection.weight")

    def project(self, x: Tensor, weight: Tensor) -> Tensor:
        """Normalised features."""
        return F.normalize(F.linear(x, weight).to(self.wide), dim=-1)

    def encode_image(self, pixels: Tensor, extra: list[Tensor] | None) -> tuple[Tensor, Tensor]:
        """g [B, E] and Z [B, N, E] of pixels [B, 3, S, S]."""
        stride = self.patch_embedding.shape[-1]
        patches = F.conv2d(pixels.to(self.dtype), self.patch_embedding, stride=stride).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.class_embedding.expand(len(pixels), 1, -1), patches], 1) + self.vision_positions
        z = self.vision(self.vision.norm(tokens, self.pre_norm), extra)
        features = self.project(self.vision.norm(z, self.post_norm), self.visual_projection)
        return features[:, 0], features[:, 1:]

    def encode_text(self, embedded: Tensor, eot: Tensor) -> Tensor:
        """θ [C, E] of token embeddings [C, L, T]."""
        x = (embedded + self.text_positions[: embedded.shape[1]]).to(self.dtype)
        ends = self.text(x, causal=True)[torch.arange(len(x)), eot]
        return self.project(self.text.norm(ends, self.final_norm), self.text_projection)


class Texts:
    """C texts behind M soft tokens, cut after the longest EOT."""

    def __init__(self, clip: Clip, tokenizer, texts: list[str], soft_tokens: int = 0):
        length = clip.config["text_config"].get("max_position_embeddings", 77)
        places = [tokenizer.pad_token_id] * soft_tokens
        rows = []
        for text in texts:
            words = tokenizer(text, add_special_tokens=False)["input_ids"][: length - 2 - soft_tokens]
            rows.append([tokenizer.bos_token_id, *places, *words, tokenizer.eos_token_id])
        longest = max(map(len, rows))
        ids = torch.tensor([row + [tokenizer.pad_token_id] * (longest - len(row)) for row in rows])
        self.eot = torch.tensor([len(row) - 1 for row in rows])
        embedded = clip.token_embedding[ids]
        self.prefix, self.words = embedded[:, :1], embedded[:, 1 + soft_tokens :]
        between = (torch.arange(longest) > 0) & (torch.arange(longest) < self.eot[:, None])
        self.mean = (between / (self.eot[:, None] - 1)).to(embedded.dtype).unsqueeze(-1)

    def encode(self, clip: Clip, context: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """θ [C, E] and e [C, T], normalised."""
        soft = [] if context is None else [context.expand(len(self.words), -1, -1)]
        embedded = torch.cat([self.prefix, *soft, self.words], 1)
        return clip.encode_text(embedded, self.eot), F.normalize((embedded * self.mean).sum(1), dim=-1)


def logits(clip: Clip, g: Tensor, local: Tensor, theta: Tensor, k: int) -> Tensor:
    """[B, C] (Eq. 8–10)"""
    similar = (local @ theta.T).topk(min(k, local.shape[1]), dim=1, sorted=False).values.mean(1)
    return clip.scale * (g @ theta.T + similar)


def alignment(soft: Tensor, hard: Tensor, tau: float) -> Tensor:
    """L_ta and L_pa (Eq. 1–3)"""
    return F.cross_entropy(hard @ soft.T / tau, torch.arange(len(soft)))


class Training:
    """The variant `mpa` with cosine prototypes, β = γ = 1, τ = 1/s. Calling it gives the loss terms."""

    def __init__(self, clip: Clip, soft: Texts, hard: Texts, prototypes: Tensor, top_k: int):
        self.clip, self.soft, self.prototypes, self.top_k = clip, soft, prototypes, top_k
        with torch.no_grad():
            self.hard_theta, self.hard_token = hard.encode(clip)

    def __call__(self, context: Tensor, prompts: Tensor, pixels: Tensor, labels: Tensor) -> dict[str, Tensor]:
        clip = self.clip
        theta, token = self.soft.encode(clip, context)
        g, local = clip.encode_image(pixels, clip.vision.keys_and_values(prompts.to(clip.dtype)))
        terms = {
            "L_vt": F.cross_entropy(logits(clip, g, local, theta, self.top_k), labels),
            "L_ta": alignment(token, self.hard_token, 1 / clip.scale),
            "L_pa": alignment(theta, self.hard_theta, 1 / clip.scale),
            "L_v": (1 - (g * self.prototypes[labels]).sum(-1)).mean(),
        }
        return {**terms, "L_total": sum(terms.values())}


class Prediction:
    """Probabilities with θ and the prompts' keys and values computed once."""

    def __init__(self, clip: Clip, soft: Texts, context: Tensor, prompts: Tensor, top_k: int):
        self.clip, self.top_k = clip, top_k
        with torch.no_grad():
            self.theta, _ = soft.encode(clip, context)
            self.extra = [each.contiguous() for each in clip.vision.keys_and_values(prompts.to(clip.dtype))]

    def __call__(self, pixels: Tensor) -> Tensor:
        g, local = self.clip.encode_image(pixels, self.extra)
        return logits(self.clip, g, local, self.theta, self.top_k).softmax(-1)
