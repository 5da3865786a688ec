"""What the image tower is taught about each face: probabilities of the classes, and how well captions fit; and which faces are drawn."""

import random
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import CLIPModel, CLIPTokenizerFast

from captions import CLASSES
from faces import Faces
from geometry import MEASURES, measured_caption, measures_of
from model import encode_texts
from opinions import Opinions
from texts import HARD_PROMPT_3, PLAIN, TASK, mixed, rarity

VOTES_SHARE, POWER = 0.7, 0.6
"""POWER is of 1/frequency, which classes count with"""
CAPTIONS, CAPTIONS_SEED = 3000, 9
"""captions are drawn and encoded once, as the text tower does not change"""
HARD_WEIGHT = 0.5
"""how much more often than others a face is drawn that the CLIP is known to err on"""


@dataclass(frozen=True)
class Taught:
    targets: Tensor
    """[n, 8], of training faces"""
    news_targets: Tensor
    """[m, 8], of news faces"""
    chances: Tensor
    """[n], how often each training face is drawn, relative to the others"""
    news_chances: Tensor | None
    """[m], how often each news face is drawn, relative to the others; None: all alike"""
    sentences: tuple[Tensor, Tensor, Tensor]
    """features [8, JOINT] of PLAIN, TASK and HARD_PROMPT_3"""
    captions: Tensor
    """features [CAPTIONS, JOINT]"""
    fits: Tensor
    """[n, CAPTIONS], of mean 1 for each caption, in half precision"""


def taught_of(train: Faces, opinions: Opinions, tokenizer: CLIPTokenizerFast, model: CLIPModel, news_power: float) -> Taught:
    """News faces have the teachers' opinion as it is, as there are no votes; they are drawn by 1/frequency of its class to a power."""
    measures = measures_of(opinions.landmarks)
    rng = random.Random(CAPTIONS_SEED)
    captions = [measured_caption(rng) for _ in range(CAPTIONS)]
    fits = torch.stack([caption.fit(train.votes, measures) for caption in captions], 1) + 1e-4
    texts = [caption.text for caption in captions]
    with torch.no_grad():
        features = [encode_texts(model, tokenizer, texts[at : at + 250]) for at in range(0, CAPTIONS, 250)]
        plain, task, described = (encode_texts(model, tokenizer, sentences) for sentences in (PLAIN, TASK, HARD_PROMPT_3))
    return Taught(
        mixed(train.votes, opinions.training, rarity(train.votes, POWER), VOTES_SHARE),
        opinions.news,
        chances_of(train.votes, measures),
        rarity(opinions.news, news_power)[opinions.news.argmax(1)] if news_power else None,
        (plain, task, described),
        torch.cat(features),
        (fits / fits.mean(0)).half(),
    )


def chances_of(votes: Tensor, measures: Tensor) -> Tensor:
    """More for open mouths that do not laugh, and for sad faces that some call neutral: surprise and sadness were read as neutral."""
    happy, sad, neutral = (votes[:, CLASSES.index(name)] for name in ("happiness", "sadness", "neutral"))
    is_open = (measures[:, MEASURES.index("mouth open")] > 0.8) & (happy < 0.2)
    is_divided = (sad > 0.25) & (neutral > 0.2)
    return 1 + HARD_WEIGHT * is_open.float() + HARD_WEIGHT * is_divided.float()
