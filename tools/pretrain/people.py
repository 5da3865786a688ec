"""Labelled news pictures: the half that a picture's person falls into, and its label, which only scores read.

The file is a CSV with the columns image, label and person. Halves are those of `bench/accuracy/faceSets.ts`: the first eight hexadecimal
digits of the SHA-256 of the person, modulo 2.
"""

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from captions import CLASSES


@dataclass(frozen=True)
class Picture:
    label: int
    half: int


def pictures_of(path: Path) -> dict[str, Picture]:
    """By file name."""
    with path.open(newline="") as file:
        return {row["image"]: Picture(CLASSES.index(row["label"]), half_of(row["person"])) for row in csv.DictReader(file)}


def half_of(person: str) -> int:
    return int(hashlib.sha256(person.encode()).hexdigest()[:8], 16) % 2
