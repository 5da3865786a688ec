"""Captions for faces whose expression a crowd has voted on: class words in sentences, and signs of facial actions.

A caption fits a set of classes. A sign that several expressions share (raised upper eyelids: surprise, fear, anger) is a true
caption for all of them, so it is a positive for all.
"""

import random
from dataclasses import dataclass

CLASSES = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]

WORDS = {
    "neutral": ["neutral", "neutral", "calm", "blank", "expressionless", "impassive"],
    "happiness": ["happiness", "happiness", "happy", "joy", "cheerful", "smiling", "laughing"],
    "surprise": ["surprise", "surprise", "surprised", "astonishment", "amazed", "startled"],
    "sadness": ["sadness", "sadness", "sad", "sorrow", "unhappy", "crying", "gloomy"],
    "anger": ["anger", "anger", "angry", "rage", "furious", "annoyed"],
    "disgust": ["disgust", "disgust", "disgusted", "revulsion", "repulsed"],
    "fear": ["fear", "fear", "afraid", "scared", "frightened", "terror"],
    "contempt": ["contempt", "contempt", "contemptuous", "scorn", "disdain", "sneering"],
}

TEMPLATES = [
    "a photo of {}",
    "a photo of {}",
    "a photo of a person making a facial expression of {}",
    "a photo of a person making a facial expression of {}",
    "a facial expression of {}",
    "a face that shows {}",
    "a person who looks {}",
    "a black and white photo of {}",
    "a close-up of a face, {}",
    "a drawing of a face showing {}",
    "{}",
]

# Visible signs, and the expressions whose action units (EMFACS) make them.
SIGNS = [
    ("relaxed eyebrows", "neutral"), ("a smooth forehead", "neutral"), ("a relaxed closed mouth", "neutral"),
    ("no visible muscle tension", "neutral"), ("lips at rest", "neutral"), ("a still face", "neutral"),
    ("lip corners pulled up", "happiness"), ("raised cheeks", "happiness"), ("wrinkles around the eyes", "happiness"),
    ("lips parted over the upper teeth", "happiness"), ("a smiling mouth", "happiness"), ("wrinkled eyes", "happiness"),
    ("a broad smile", "happiness"), ("bulging cheeks under the eyes", "happiness"),
    ("raised eyebrows", "surprise"), ("arched eyebrows", "surprise"), ("wide open eyes", "surprise fear"),
    ("horizontal wrinkles across the forehead", "surprise fear"), ("raised upper eyelids", "surprise fear anger"),
    ("a dropped jaw with parted lips", "surprise"), ("an open mouth", "surprise fear"), ("a round open mouth", "surprise"),
    ("inner corners of the eyebrows raised", "sadness fear"), ("eyebrows drawn together", "sadness anger fear"),
    ("lip corners pulled down", "sadness disgust"), ("chin raised", "sadness"), ("drooping upper eyelids", "sadness"),
    ("downcast eyes", "sadness"), ("a trembling lower lip", "sadness"), ("a frown", "sadness anger"),
    ("eyebrows lowered and drawn together", "anger"), ("tightened lower eyelids", "anger"), ("glaring eyes", "anger"),
    ("lips tightened and pressed together", "anger"), ("pressed lips", "anger"), ("bared teeth", "anger"),
    ("vertical lines between the eyebrows", "anger"), ("lowered eyebrows", "anger disgust"),
    ("a wrinkled nose", "disgust"), ("a raised upper lip", "disgust"), ("a lower lip pushed up", "disgust"),
    ("narrowed eyes", "disgust contempt"), ("a deepened fold beside the nose", "disgust"),
    ("eyebrows raised and drawn together", "fear"), ("tensed lower eyelids", "fear"),
    ("lips stretched horizontally", "fear"), ("parted lips", "fear surprise"), ("a tense open mouth", "fear"),
    ("one lip corner tightened", "contempt"), ("one lip corner raised", "contempt"), ("an asymmetric mouth", "contempt"),
    ("a smirk on one side", "contempt"), ("a dimple in one cheek", "contempt"),
]
OWN = {name: [(sign, set(fits.split())) for sign, fits in SIGNS if name in fits.split()] for name in CLASSES}

# The product's default descriptions (src/method/hardPrompts.ts), which make hard prompt 3.
DESCRIPTIONS = {
    "neutral": ["relaxed eyebrows", "a smooth forehead", "a relaxed closed mouth", "no visible muscle tension"],
    "happiness": ["lip corners pulled up", "raised cheeks", "wrinkles around the eyes", "lips parted over the upper teeth"],
    "surprise": ["raised eyebrows", "horizontal wrinkles across the forehead", "raised upper eyelids", "a dropped jaw with parted lips"],
    "sadness": ["inner corners of the eyebrows raised", "eyebrows drawn together", "lip corners pulled down", "chin raised"],
    "anger": ["eyebrows lowered and drawn together", "raised upper eyelids", "tightened lower eyelids", "lips tightened and pressed together"],
    "disgust": ["a wrinkled nose", "a raised upper lip", "lip corners pulled down", "a lower lip pushed up"],
    "fear": ["eyebrows raised and drawn together", "raised upper eyelids", "tensed lower eyelids", "lips stretched horizontally", "parted lips"],
    "contempt": ["one lip corner tightened", "one lip corner raised", "an asymmetric mouth"],
}


@dataclass(frozen=True)
class Caption:
    text: str
    fits: tuple[float, ...]
    """1 for each class that the caption is true of, else 0."""


def class_caption(name: str, rng: random.Random) -> str:
    """A sentence with a word for the class, half of the time followed by some of its signs, as hard prompts have them."""
    text = rng.choice(TEMPLATES).format(rng.choice(WORDS[name]))
    if rng.random() < 0.5:
        return text
    signs = rng.sample(OWN[name], rng.randint(1, 4))
    return ", ".join([text, *(sign for sign, _ in signs)])


def sign_caption(name: str, rng: random.Random) -> Caption:
    """One to three signs of the class without its name; it fits every class that shares all of them."""
    signs = rng.sample(OWN[name], rng.randint(1, 3))
    fits = set.intersection(*(shared for _, shared in signs))
    start = rng.choice(["", "a face with ", "a photo of a face with "])
    return Caption(start + ", ".join(sign for sign, _ in signs), tuple(float(each in fits) for each in CLASSES))
