"""Captions that fit a face as far as its votes say: signs without the class word, signs beside a class word, two words, degrees.

A text tower that is taught with one caption a class alone maps every text to one of eight points, and then neither
descriptions nor learned contexts move an answer. Here the share of the faces that a caption fits differs from text to text.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from captions import CLASSES, OWN, SIGNS, TEMPLATES, WORDS

Fit = Callable[[Tensor], Tensor]
"""votes [n, 8] → how well a caption fits each face, [n], at least 0"""

DOUBT = 0.1
"""how well a sign fits a face that nobody gave one of its expressions"""
STARTS = ["", "a face with ", "a photo of a face with ", "a photo of a person with ", "the face shows "]
SLIGHT = ["slightly", "a little", "a hint of", "mild"]
STRONG = ["very", "extremely", "intense", "strong"]
KIND_WEIGHTS = [30, 20, 25, 13, 12]
PAIRS = ["{} and {}", "between {} and {}", "{} mixed with {}", "partly {}, partly {}"]
SIGN_FITS = {sign: [CLASSES.index(name) for name in fits.split()] for sign, fits in SIGNS}


@dataclass(frozen=True)
class VotedCaption:
    text: str
    fit: Fit


def voted_caption(rng: random.Random) -> VotedCaption:
    """Half of all are signs without a class word."""
    return rng.choices([shared_signs, any_signs, word_and_signs, two_words, degree], weights=KIND_WEIGHTS)[0](rng)


def shared_signs(rng: random.Random) -> VotedCaption:
    """It fits the votes for all classes that have each of the signs."""
    text, _, columns = drawn_of_class(rng)
    return VotedCaption(text, lambda votes: fit_of_columns(votes, columns))


def any_signs(rng: random.Random) -> VotedCaption:
    text, signs = drawn_signs(list(SIGN_FITS), rng)
    return VotedCaption(text, lambda votes: fit_of_signs(votes, signs))


def word_and_signs(rng: random.Random) -> VotedCaption:
    """It fits faces that have votes for both."""
    text, signs, column = drawn_beside_word(list(SIGN_FITS), rng)
    return VotedCaption(text, lambda votes: votes[:, column] * fit_of_signs(votes, signs))


def two_words(rng: random.Random) -> VotedCaption:
    (first, word), (second, other) = drawn_word(rng), drawn_word(rng)
    text = rng.choice(TEMPLATES).format(rng.choice(PAIRS).format(word, other))

    def fit(votes: Tensor) -> Tensor:
        a, b = votes[:, first], votes[:, second]
        return 4 * a * b + 0.05 * (a + b)

    return VotedCaption(text, fit)


def degree(rng: random.Random) -> VotedCaption:
    """"slightly sad" fits a divided crowd, "very sad" a united one."""
    column, word = drawn_word(rng)
    is_slight = rng.random() < 0.5
    text = rng.choice(TEMPLATES).format(f"{rng.choice(SLIGHT if is_slight else STRONG)} {word}")

    def fit(votes: Tensor) -> Tensor:
        share = votes[:, column]
        return 4 * share * (1 - share) + 0.01 if is_slight else share**3

    return VotedCaption(text, fit)


def drawn_of_class(rng: random.Random) -> tuple[str, list[str], list[int]]:
    """One to four signs of a class without its name: text, signs, and the classes that have each of them."""
    drawn = rng.sample(OWN[rng.choice(CLASSES)], rng.randint(1, 4))
    columns = [CLASSES.index(name) for name in set.intersection(*(shared for _, shared in drawn))]
    signs = [sign for sign, _ in drawn]
    return listed(signs, rng), signs, columns


def drawn_signs(among: list[str], rng: random.Random) -> tuple[str, list[str]]:
    """One to three signs."""
    signs = rng.sample(among, rng.randint(1, 3))
    return listed(signs, rng), signs


def drawn_beside_word(among: list[str], rng: random.Random) -> tuple[str, list[str], int]:
    """A class word beside one to four signs, its own or of other classes: text, signs, the word's class."""
    column, word = drawn_word(rng)
    own = [sign for sign, _ in OWN[CLASSES[column]]]
    signs = rng.sample(own if rng.random() < 0.4 else among, rng.randint(1, 4))
    sentence, list_ = rng.choice(TEMPLATES).format(word), ", ".join(signs)
    return rng.choice([f"{sentence}, {list_}", f"{sentence} with {list_}", f"{list_}, {sentence}"]), signs, column


def fit_of_columns(votes: Tensor, columns: list[int]) -> Tensor:
    return votes[:, columns].sum(1) + 0.03


def fit_of_signs(votes: Tensor, signs: list[str]) -> Tensor:
    fit = votes.new_ones(len(votes))
    for sign in signs:
        fit = fit * (DOUBT + votes[:, SIGN_FITS[sign]].sum(1))
    return fit


def drawn_word(rng: random.Random) -> tuple[int, str]:
    column = rng.randrange(len(CLASSES))
    return column, rng.choice(WORDS[CLASSES[column]])


def listed(signs: list[str], rng: random.Random) -> str:
    return rng.choice(STARTS) + ", ".join(signs)
