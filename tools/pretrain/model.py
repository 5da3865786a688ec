"""The small CLIP: its shape, its start, and its two towers."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import CLIPConfig, CLIPModel, CLIPTokenizerFast

IMAGE, PATCH, WIDTH, LAYERS, HEADS = 48, 8, 128, 8, 4
"""PATCH is that of the first stage, whose teachers have maps of 6 × 6 places"""
MIDDLE = 3
"""number of layers after which patch tokens predict the maps of the teacher's second stage"""
TEXT_WIDTH, TEXT_LAYERS, TEXT_HEADS, JOINT = 128, 4, 4, 128


def build(tokenizer: CLIPTokenizerFast, patch: int = PATCH) -> CLIPModel:
    ids = dict(bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    text = dict(hidden_size=TEXT_WIDTH, intermediate_size=4 * TEXT_WIDTH, num_hidden_layers=TEXT_LAYERS)
    vision = dict(hidden_size=WIDTH, intermediate_size=4 * WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS)
    config = CLIPConfig(
        text_config={**text, **ids, "num_attention_heads": TEXT_HEADS, "vocab_size": len(tokenizer), "projection_dim": JOINT},
        vision_config={**vision, "image_size": IMAGE, "patch_size": patch, "projection_dim": JOINT},
        projection_dim=JOINT,
        logit_scale_init_value=math.log(20),
    )
    # Written-out attention is twice as fast as the fused one on a CPU in half precision.
    model = CLIPModel(config)
    model.set_attn_implementation("eager")
    start_like_trained(model)
    return model


@torch.no_grad()
def start_like_trained(model: CLIPModel) -> None:
    """Mimetic initialisation (Trockman & Kolter 2023): QᵀK near αI + βZ, VO near βZ − αI, positions as 2-D sinusoids."""
    vision = model.vision_model
    depth = WIDTH // HEADS

    def factors(alpha: float, beta: float) -> tuple[Tensor, Tensor, Tensor]:
        return torch.linalg.svd(alpha * torch.eye(WIDTH) + beta * torch.randn(WIDTH, WIDTH) / WIDTH**0.5)

    for layer in vision.encoder.layers:
        attention = layer.self_attn
        queries, keys = [], []
        for _ in range(HEADS):
            u, s, v = factors(0.7, 0.7)
            root = s[:depth].sqrt()
            queries.append((u[:, :depth] * root).T)
            keys.append(v[:depth] * root[:, None])
        attention.q_proj.weight.copy_(torch.cat(queries))
        attention.k_proj.weight.copy_(torch.cat(keys))
        u, s, v = factors(-0.4, 0.4)
        attention.out_proj.weight.copy_(u * s.sqrt())
        attention.v_proj.weight.copy_(v * s.sqrt()[:, None])
    side = IMAGE // vision.config.patch_size
    y, x = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    frequencies = 100.0 ** -(torch.arange(WIDTH // 4) / (WIDTH // 4))
    waves = [wave(place.reshape(-1, 1) * frequencies) for place in (y, x) for wave in (torch.sin, torch.cos)]
    positions = torch.cat([torch.zeros(1, WIDTH), torch.cat(waves, 1)])
    vision.embeddings.position_embedding.weight.copy_(0.5 * positions)
    torch.nn.init.normal_(vision.embeddings.patch_embedding.weight, std=0.08)


def with_patches(state: dict[str, Tensor], patch: int) -> dict[str, Tensor]:
    """The weights of a CLIP for patches of another size; what a patch and a place answer stays as near to before as can be.

    A kernel of k × k pixels takes the place of one of p × p so that its product with a smooth patch is that of the old one with
    the patch enlarged to p × p (the transposed matrix of a bicubic enlargement). Positions are interpolated.
    """
    state = dict(state)
    kernel, position = (f"vision_model.embeddings.{name}_embedding.weight" for name in ("patch", "position"))
    width, channels, before, _ = state[kernel].shape
    pixels = torch.eye(patch**2).view(-1, 1, patch, patch)
    enlarged = F.interpolate(pixels, size=(before, before), mode="bicubic", align_corners=False).view(patch**2, before**2)
    state[kernel] = (state[kernel].reshape(-1, before**2) @ enlarged.T).view(width, channels, patch, patch)
    grid = state[position][1:].T.reshape(1, width, IMAGE // before, IMAGE // before)
    side = IMAGE // patch
    places = F.interpolate(grid, size=(side, side), mode="bicubic", align_corners=False).reshape(width, -1).T
    state[position] = torch.cat([state[position][:1], places])
    return state


def encode_images(model: CLIPModel, x: Tensor) -> Tensor:
    """Normalised features [n, JOINT] of [n, 3, 48, 48]."""
    return project_images(model, class_tokens(model, x))


def project_images(model: CLIPModel, tokens: Tensor) -> Tensor:
    return F.normalize(model.visual_projection(tokens).float(), dim=-1)


@dataclass(frozen=True)
class Looked:
    final: Tensor
    """normalised tokens [n, 1 + patches, WIDTH] of the last layer, the class token first"""
    middle: Tensor
    """the same after layer MIDDLE, not normalised"""
    visible: Tensor | None
    """indices of the processed patches, [n, patches]; None for all"""


def look(model: CLIPModel, x: Tensor, keep: float = 1.0, generator: torch.Generator | None = None) -> Looked:
    """The image tower on [n, 3, 48, 48]; `keep` is the share of patches that are processed."""
    vision = model.vision_model
    hidden, visible = vision.embeddings(x), None
    if keep < 1:
        patches = hidden.shape[1] - 1
        draws = torch.rand(len(x), patches, generator=generator).to(x.device)
        visible = draws.argsort(1)[:, : round(keep * patches)]
        looked_at = (visible + 1).unsqueeze(-1).expand(-1, -1, hidden.shape[2])
        hidden = torch.cat([hidden[:, :1], hidden.gather(1, looked_at)], 1)
    hidden = vision.pre_layrnorm(hidden)
    middle = hidden
    for number, layer in enumerate(vision.encoder.layers, 1):
        hidden = first(layer(hidden, None))
        if number == MIDDLE:
            middle = hidden
    return Looked(vision.post_layernorm(hidden), middle, visible)


def class_tokens(model: CLIPModel, x: Tensor) -> Tensor:
    """Class tokens [n, WIDTH] before the projection."""
    return look(model, x).final[:, 0]


def encode_texts(model: CLIPModel, tokenizer: CLIPTokenizerFast, texts: list[str]) -> Tensor:
    """Normalised features [n, JOINT]."""
    tokens = tokenizer(texts, padding=True, truncation=True, max_length=77, return_tensors="pt").to(model.device)
    pooled = model.text_model(input_ids=tokens.input_ids, attention_mask=tokens.attention_mask).pooler_output
    return F.normalize(model.text_projection(pooled).float(), dim=-1)


def first(output: Tensor | tuple[Tensor, ...]) -> Tensor:
    return output[0] if isinstance(output, tuple) else output
