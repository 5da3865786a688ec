"""FER+ faces with the crowd's votes, and what is done to them before a network sees them."""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

MEAN, STD = 0.508, 0.255
"""Of the training faces' grey values between 0 and 1."""


@dataclass(frozen=True)
class Faces:
    pixels: Tensor
    """[n, 48, 48], bytes"""
    votes: Tensor
    """[n, 8], shares of the votes for the eight expressions"""
    manifest: dict
    """what was read, to tell two data sets apart"""
    names: tuple[str, ...]
    """files in the split's folder"""


def load(data: Path, split: str, only_plurality: bool) -> Faces:
    """`only_plurality` keeps what the label rule keeps (for scoring); else all that half of the crowd calls an expression."""
    pixels, votes, names = [], [], []
    for name, _, *counts in csv.reader((data / split / "label.csv").open()):
        counts = np.array(counts, dtype=np.float32)
        kept = counts[:8].max() >= counts[8:].max() if only_plurality else counts[:8].sum() >= 5
        if kept:
            pixels.append(np.asarray(Image.open(data / split / name).convert("L")))
            votes.append(counts[:8] / counts[:8].sum())
            names.append(name)
    pixels = np.stack(pixels)
    manifest = {
        "split": split,
        "images": len(names),
        "names_sha256": hashlib.sha256("\n".join(names).encode()).hexdigest(),
        "pixels_sha256": hashlib.sha256(pixels.tobytes()).hexdigest(),
    }
    return Faces(torch.from_numpy(pixels), torch.from_numpy(np.stack(votes)), manifest, tuple(names))


def without(faces: Faces, columns: list[int]) -> Faces:
    """Only faces whose first expression is none of these, and no votes for these: for classes that are held back."""
    votes = faces.votes.clone()
    first = votes.argmax(1)
    kept = ~torch.isin(first, torch.tensor(columns))
    votes[:, columns] = 0
    votes = votes[kept] / votes[kept].sum(1, keepdim=True)
    names = tuple(name for name, is_kept in zip(faces.names, kept.tolist()) if is_kept)
    return Faces(faces.pixels[kept], votes, {**faces.manifest, "held_back": columns, "images": len(votes)}, names)


def class_weights(votes: Tensor) -> Tensor:
    """1/√frequency of each class, of weighted mean 1: rare expressions count more, but not as much as common ones together."""
    frequency = votes.mean(0)
    weights = frequency.clamp(min=0.01) ** -0.5 * (frequency > 0)
    return weights / (weights * frequency).sum()


def plain(pixels: Tensor) -> Tensor:
    """[n, 1, 48, 48], normalised."""
    return ((pixels.float() / 255 - MEAN) / STD).unsqueeze(1)


def augmented(pixels: Tensor, generator: torch.Generator, strength: float = 1.0) -> Tensor:
    """Turned, scaled, shifted, sheared, mirrored; brightness and contrast; now and then a part hidden. [n, 1, 48, 48]."""
    n = len(pixels)
    device = pixels.device

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return (torch.rand(n, *shape, generator=generator) * (high - low) + low).to(device)

    k = strength
    angle, zoom, shear = uniform(-0.3 * k, 0.3 * k), uniform(1 - 0.18 * k, 1 + 0.14 * k), uniform(-0.12 * k, 0.12 * k)
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    shift = uniform(-0.14 * k, 0.14 * k, 2)
    rows = [torch.stack([cos * mirror, shear - sin, shift[:, 0]], 1), torch.stack([sin * mirror, cos, shift[:, 1]], 1)]
    x = pixels.float().unsqueeze(1) / 255
    grid = F.affine_grid(torch.stack(rows, 1), x.shape, align_corners=False)
    x = (F.grid_sample(x, grid, padding_mode="reflection", align_corners=False) - MEAN) / STD
    x = x * uniform(1 - 0.35 * k, 1 + 0.35 * k, 1, 1, 1) + uniform(-0.4 * k, 0.4 * k, 1, 1, 1)
    return hide(x, uniform(0, 1, 5))


def hide(x: Tensor, draws: Tensor, chance: float = 0.3) -> Tensor:
    """Sets a rectangle of up to 2/5 of each side to the mean in a share of the images."""
    size = x.shape[-1]
    height, width = ((0.1 + 0.3 * draws[:, i]) * size for i in (1, 2))
    top, left = draws[:, 3] * (size - height), draws[:, 4] * (size - width)
    at = torch.arange(size, device=x.device)
    rows = (at >= top[:, None]) & (at < (top + height)[:, None])
    columns = (at >= left[:, None]) & (at < (left + width)[:, None])
    hidden = rows[:, :, None] & columns[:, None, :] & (draws[:, 0] < chance)[:, None, None]
    return x.masked_fill(hidden.unsqueeze(1), 0)


def tinted(x: Tensor, generator: torch.Generator) -> Tensor:
    """Three channels with a colour cast, so that colour photographs fit as well as grey ones: [n, 3, 48, 48]."""
    gain = 1 + 0.2 * (torch.rand(len(x), 3, 1, 1, generator=generator) - 0.5).to(x.device)
    offset = 0.3 * (torch.rand(len(x), 3, 1, 1, generator=generator) - 0.5).to(x.device)
    return x * gain + offset


def degraded(x: Tensor, generator: torch.Generator) -> Tensor:
    """15 % of the images blurred to 3/5 of their resolution, another 30 % with noise, as small and dark faces in photographs are."""
    n, size = len(x), x.shape[2:]
    draws = torch.rand(n, generator=generator)
    small = F.interpolate(x, scale_factor=0.6, mode="bilinear", align_corners=False, antialias=True)
    blurred = F.interpolate(small, size=size, mode="bilinear", align_corners=False)
    x = torch.where((draws < 0.15).to(x.device)[:, None, None, None], blurred, x)
    noise = torch.randn(x.shape, generator=generator) * (0.12 * torch.rand(n, 1, 1, 1, generator=generator))
    return x + (noise * (draws > 0.7)[:, None, None, None]).to(x.device)
