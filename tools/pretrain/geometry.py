"""What 68 landmarks measure of a face, and captions that fit it as far as these measures and its votes say.

`voted.py` draws the texts. Its captions take a sign for as true as the votes for the sign's classes; here a sign that landmarks can
show (an open mouth, raised eyebrows) has to be seen in the face itself.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from voted import KIND_WEIGHTS, VotedCaption, degree, drawn_beside_word, drawn_of_class, drawn_signs, fit_of_columns, two_words

MEASURES = ["mouth open", "mouth wide", "corners up", "corners uneven", "brows high", "inner brows high", "brows apart",
            "eyes open", "upper lip low", "chin low"]
# Signs that the measures can show: the measure, and whether much or little of it.
SHOWN = {
    "mouth open": ["an open mouth", "a dropped jaw with parted lips", "parted lips", "a round open mouth", "a tense open mouth",
                   "bared teeth", "lips parted over the upper teeth"],
    "mouth wide": ["a tense open mouth", "lips stretched horizontally", "a wide mouth", "a broad smile"],
    "corners up": ["lip corners pulled up", "a smiling mouth", "a broad smile", "lips parted over the upper teeth"],
    "corners uneven": ["one lip corner raised", "one lip corner tightened", "an asymmetric mouth", "a smirk on one side"],
    "brows high": ["raised eyebrows", "arched eyebrows", "horizontal wrinkles across the forehead", "eyebrows raised and drawn together"],
    "inner brows high": ["inner corners of the eyebrows raised"],
    "eyes open": ["wide open eyes", "raised upper eyelids", "glaring eyes"],
    "chin low": ["a long face with the jaw down"],
}
DENIED = {
    "mouth open": ["a relaxed closed mouth", "lips at rest", "a closed mouth", "pressed lips", "lips tightened and pressed together",
                   "pursed lips", "a lower lip pushed up"],
    "mouth wide": ["a round open mouth", "a small mouth", "pursed lips"],
    "corners up": ["lip corners pulled down", "a mouth turned down", "a frown"],
    "brows high": ["lowered eyebrows", "eyebrows lowered and drawn together"],
    "brows apart": ["eyebrows lowered and drawn together", "eyebrows drawn together", "vertical lines between the eyebrows",
                    "eyebrows raised and drawn together"],
    "eyes open": ["narrowed eyes", "tightened lower eyelids", "drooping upper eyelids", "wrinkles around the eyes", "wrinkled eyes",
                  "downcast eyes", "tensed lower eyelids"],
    "upper lip low": ["a raised upper lip", "a wrinkled nose"],
    "chin low": ["chin raised", "a lower lip pushed up"],
}
MEASURED: dict[str, list[tuple[int, int]]] = {}
"""sign → columns of its measures, each with 1 or -1"""
for direction, signs_of in ((1, SHOWN), (-1, DENIED)):
    for measure, signs in signs_of.items():
        for sign in signs:
            MEASURED.setdefault(sign, []).append((MEASURES.index(measure), direction))

Fit = Callable[[Tensor, Tensor], Tensor]
"""votes [n, 8], measures [n, 10] → how well a caption fits each face, [n], at least 0"""


@dataclass(frozen=True)
class MeasuredCaption:
    text: str
    fit: Fit


def measures_of(landmarks: Tensor) -> Tensor:
    """[n, 68, 2] → [n, 10], in distances of the eyes along and across their line; standardised over the faces, at most 3."""
    left, right = landmarks[:, 36:42].mean(1), landmarks[:, 42:48].mean(1)
    distance = (right - left).norm(dim=1, keepdim=True)
    line = (right - left) / distance
    places = landmarks - ((left + right) / 2)[:, None]
    x = (places * line[:, None]).sum(-1) / distance
    y = (places[..., 1] * line[:, None, 0] - places[..., 0] * line[:, None, 1]) / distance
    corners = (y[:, 48] + y[:, 54]) / 2
    found = torch.stack([
        y[:, 66] - y[:, 62],
        x[:, 54] - x[:, 48],
        y[:, [51, 57, 62, 66]].mean(1) - corners,
        (y[:, 48] - y[:, 54]).abs(),
        -y[:, 17:27].mean(1),
        y[:, [17, 19, 24, 26]].mean(1) - y[:, [21, 22]].mean(1),
        x[:, 22] - x[:, 21],
        (y[:, [40, 41, 46, 47]] - y[:, [38, 37, 44, 43]]).mean(1),
        y[:, 51] - y[:, 33],
        y[:, 8] - y[:, 57],
    ], 1)
    return ((found - found.mean(0)) / found.std(0)).clamp(-3, 3)


def seen(measures: Tensor, signs: list[str]) -> Tensor:
    """Between 0 and 1, [n]: whether a face shows all of the signs, as far as they can be measured."""
    fit = measures.new_ones(len(measures))
    for sign in signs:
        for column, direction in MEASURED.get(sign, []):
            fit = fit * torch.sigmoid(2 * (direction * measures[:, column] - 0.3))
    return fit


def measured_caption(rng: random.Random) -> MeasuredCaption:
    return rng.choices([shared_signs, any_signs, word_and_signs, votes_alone(two_words), votes_alone(degree)], weights=KIND_WEIGHTS)[0](rng)


def shared_signs(rng: random.Random) -> MeasuredCaption:
    text, signs, columns = drawn_of_class(rng)
    return MeasuredCaption(text, lambda votes, measures: fit_of_columns(votes, columns) * (0.15 + seen(measures, signs)))


def any_signs(rng: random.Random) -> MeasuredCaption:
    """Only signs that can be measured: votes do not count."""
    text, signs = drawn_signs(list(MEASURED), rng)
    return MeasuredCaption(text, lambda votes, measures: seen(measures, signs))


def word_and_signs(rng: random.Random) -> MeasuredCaption:
    text, signs, column = drawn_beside_word(list(MEASURED), rng)
    return MeasuredCaption(text, lambda votes, measures: votes[:, column] * (0.1 + seen(measures, signs)))


def votes_alone(draw: Callable[[random.Random], VotedCaption]) -> Callable[[random.Random], MeasuredCaption]:
    def drawn(rng: random.Random) -> MeasuredCaption:
        caption = draw(rng)
        return MeasuredCaption(caption.text, lambda votes, measures: caption.fit(votes))

    return drawn
