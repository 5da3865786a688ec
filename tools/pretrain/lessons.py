"""Views of the training faces, and what the teachers find in each, kept in files: asked once, learned from many times.

A teacher costs as much a face as the student does. Opinions hold for the very pixels they were formed on (Beyer et al. 2022,
"Knowledge distillation: A good teacher is patient and consistent"), so the view is kept together with them. VIEWS views, and
their mirror images, take turns with the epochs.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from faces import Faces, augmented
from loop import DEVICE, autocast, load_state, save_state
from teacher import Teacher

VIEWS, STRENGTH, BATCH = 8, 0.8, 512
NEAR, FAR = 96, 192
"""channels of the maps after the second and third stage"""


@dataclass(frozen=True)
class View:
    pixels: Tensor
    """[n, 48, 48], normalised"""
    opinion: Tensor
    """[n, 8], the teachers' mean probabilities"""
    near: Tensor
    """[n, 6, 6, 96], the last teacher's second stage, averaged to the student's patches; standardised over the first view"""
    far: Tensor
    """[n, 6, 6, 192], its third stage, before the mean that it judges by"""
    evidence: Tensor
    """[n, 6, 6, 8], its logits of each place alone: their mean is its logit of the face"""


def teachers_in(state: Path) -> list[Teacher]:
    teachers = []
    for path in sorted(state.glob("teacher*.pt")):
        teacher = Teacher().to(DEVICE, memory_format=torch.channels_last).eval()
        teacher.load_state_dict(load_state(path)["average"])
        teachers.append(teacher)
    return teachers


def view_of(state: Path, teachers: list[Teacher], faces: Faces, number: int, seed: int) -> View:
    """From STATE/lessons where it is there, else made and put there."""
    path = state / "lessons" / f"{number}.pt"
    if parts := load_state(path):
        return View(**parts)
    path.parent.mkdir(exist_ok=True)
    generator = torch.Generator().manual_seed(1000 * seed + number)
    asked = [ask(teachers, augmented(pixels.to(DEVICE), generator, STRENGTH)) for pixels in faces.pixels.split(BATCH)]
    parts = {name: torch.cat([each[name] for each in asked]) for name in asked[0]}
    for name in ("near", "far"):
        parts[name] = standardised(state / "lessons" / f"scale-{name}.pt", parts[name])
    save_state(path, **parts)
    return View(**parts)


@torch.no_grad()
def ask(teachers: list[Teacher], grey: Tensor) -> dict[str, Tensor]:
    """In half precision, on the CPU: a view of FER+ is 0.9 GB."""
    with autocast():
        x = grey.contiguous(memory_format=torch.channels_last)
        probabilities = [teacher(x).float().softmax(1) for teacher in teachers[:-1]]
        near, far = teachers[-1].stages(x)
        evidence = F.linear(far.movedim(1, -1), teachers[-1].head[1].weight, teachers[-1].head[1].bias).float()
    probabilities.append(evidence.mean((1, 2)).softmax(1))
    parts = {
        "pixels": grey.squeeze(1),
        "opinion": torch.stack(probabilities).mean(0),
        "near": F.avg_pool2d(near, 2).movedim(1, -1),
        "far": far.movedim(1, -1),
        "evidence": evidence,
    }
    return {name: part.to("cpu", torch.float16).contiguous() for name, part in parts.items()}


def standardised(path: Path, maps: Tensor) -> Tensor:
    """Channels of mean 0 and deviation 1 by the first view's measure."""
    if not path.exists():
        some = maps[:4096].float().flatten(0, 2)
        save_state(path, mean=some.mean(0), deviation=some.std(0).clamp(min=1e-3))
    scale = {name: part.cpu() for name, part in load_state(path).items()}
    return torch.cat([((part.float() - scale["mean"]) / scale["deviation"]).half() for part in maps.split(2048)])


def batch_of(view: View, rows: Tensor, rng: random.Random) -> View:
    """These rows on the device; half the time all of them mirrored, maps as well."""
    mirrored = rng.random() < 0.5

    def taken(part: Tensor, width: int) -> Tensor:
        part = part[rows].to(DEVICE).float()
        return part.flip(width) if mirrored else part

    maps = {name: taken(getattr(view, name), 2).flatten(1, 2) for name in ("near", "far", "evidence")}
    return View(pixels=taken(view.pixels, 2).unsqueeze(1), opinion=view.opinion[rows].to(DEVICE).float(), **maps)
