"""News faces, cut out where the product's detector finds them, without labels.

    npx mpa-fer predict DIR --quiet --json NEWS

writes boxes and landmarks; its answers are not read. The largest face of each picture is taken, turned upright and scaled so that its
landmarks lie as in FER2013.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from face_api import SIDE
from faces import MEAN, STD, hide

TEMPLATE = np.array([[0.334, 0.4], [0.666, 0.4], [0.5, 0.59], [0.366, 0.735], [0.634, 0.735]])
"""mean landmarks of FER2013 in units of its side: eyes, nose, mouth corners (`ferTemplate` in src/faces/face.ts)"""
WIDE, USUAL = 64, 48
"""a wide crop has WIDE pixels a side where FER2013's frame has USUAL, so that views can be turned and shifted inside it"""
USUAL_SHARE = USUAL / WIDE


@dataclass(frozen=True)
class News:
    wide: Tensor
    """[n, 64, 64], bytes: grey, a third more than FER2013's frame"""
    close: Tensor
    """[n, 112, 112], bytes: the frame itself, at the size of face-api.js"""
    names: list[str]
    """of the pictures' files"""
    manifest: dict


def load_news(answers: Path, kept: set[str] | None = None) -> News:
    """Of all pictures, or of those whose files have one of these names.

    Paths in the file are as `predict` was given them: relative ones are from the working directory.
    """
    wide, close, names, without = [], [], [], 0
    for picture in json.loads(answers.read_text()):
        if kept is not None and Path(picture["file"]).name not in kept:
            continue
        found = picture.get("faces", [])
        if not found:
            without += 1
            continue
        largest = max(found, key=lambda face: face["box"][2] * face["box"][3])
        image, landmarks = with_margin(Path(picture["file"]), np.array(largest["landmarks"]))
        wide.append(cut(image, landmarks, WIDE, 1 / USUAL_SHARE, 3))
        close.append(cut(image, landmarks, SIDE, 1.0, 2))
        names.append(Path(picture["file"]).name)
    wide = np.stack(wide)
    manifest = {
        "news": len(names),
        "without_a_face": without,
        "names_sha256": hashlib.sha256("\n".join(names).encode()).hexdigest(),
        "pixels_sha256": hashlib.sha256(wide.tobytes()).hexdigest(),
    }
    return News(torch.from_numpy(wide), torch.from_numpy(np.stack(close)), names, manifest)


def with_margin(path: Path, landmarks: np.ndarray) -> tuple[Image.Image, np.ndarray]:
    """Edge pixels go on outside, as faces often fill a news picture and a wide crop reaches beyond it."""
    pixels = np.asarray(Image.open(path).convert("L"))
    margin = max(pixels.shape) // 2
    return Image.fromarray(np.pad(pixels, margin, mode="edge")), landmarks + margin


def cut(image: Image.Image, landmarks: np.ndarray, side: int, share: float, finer: int) -> np.ndarray:
    """[side, side]: `share` times FER2013's frame, sampled `finer` times as finely and averaged."""
    a, b, x, y = similarity(TEMPLATE, landmarks)
    step, corner = share / side, 0.5 - 0.5 * share
    along, across = a * step / finer, b * step / finer
    rows = (along, -across, a * corner - b * corner + x, across, along, b * corner + a * corner + y)
    sampled = image.transform((side * finer, side * finer), Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR)
    return np.asarray(sampled.resize((side, side), Image.Resampling.BOX))


def similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """a, b, x, y of (u, v) → (a·u − b·v + x, b·u + a·v + y), by least squares."""
    rows = [row for u, v in source for row in ([u, -v, 1, 0], [v, u, 0, 1])]
    return np.linalg.lstsq(np.array(rows), target.reshape(-1), rcond=None)[0]


def still(wide: Tensor, share: float) -> Tensor:
    """The middle of wide crops, `share` times FER2013's frame: normalised [n, 1, 48, 48]."""
    rows = torch.tensor([[share * USUAL_SHARE, 0, 0], [0, share * USUAL_SHARE, 0]]).expand(len(wide), -1, -1)
    return (sampled(wide, rows, "zeros") - MEAN) / STD


def moved(wide: Tensor, generator: torch.Generator) -> Tensor:
    """Turned, scaled, shifted and mirrored as far as a detector errs; brightness and contrast; now and then a part hidden."""
    n = len(wide)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return (torch.rand(n, *shape, generator=generator) * (high - low) + low).to(wide.device)

    angle, zoom = uniform(-0.2, 0.2), USUAL_SHARE * uniform(0.85, 1.1)
    mirror = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    cos, sin = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    shift = USUAL_SHARE * uniform(-0.08, 0.08, 2)
    rows = torch.stack([torch.stack([cos * mirror, -sin, shift[:, 0]], 1), torch.stack([sin * mirror, cos, shift[:, 1]], 1)], 1)
    x = (sampled(wide, rows, "border") - MEAN) / STD
    x = x * uniform(0.75, 1.25, 1, 1, 1) + uniform(-0.3, 0.3, 1, 1, 1)
    return hide(x, uniform(0, 1, 5), 0.15)


def sampled(wide: Tensor, rows: Tensor, outside: str) -> Tensor:
    grid = F.affine_grid(rows.to(wide.device), [len(wide), 1, USUAL, USUAL], align_corners=False)
    return F.grid_sample(wide.float().unsqueeze(1) / 255, grid, align_corners=False, padding_mode=outside)
