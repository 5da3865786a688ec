"""What two teachers find in training and news faces: the CLIP as it was before, and face-api.js; asked once, kept in a file."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import CLIPModel, CLIPTokenizerFast

from crops import News, still
from face_api import FaceApi, enlarged
from faces import Faces, augmented, plain
from loop import DEVICE, autocast, load_state, save_state, shares
from model import encode_images, encode_texts
from texts import HARD_PROMPT_3, OPINION_SHARPNESS

OTHER_SHARES = {"training": 0.15, "news": 0.35}
"""of face-api.js in the merged opinion; it is the better reader of news faces only, where the CLIP has not been taught"""
FLOOR = 0.02
"""added to face-api.js's probabilities, which are often 0 or 1"""
CONTEMPT = 7
NEWS_SHARES = (0.9, 1.0)
"""of FER2013's frame: the crops of a news face that the CLIP reads"""
AUGMENTED_VIEWS, AUGMENTED_STRENGTH, AUGMENTED_SEED = 2, 0.6, 5


@dataclass(frozen=True)
class Opinions:
    training: Tensor
    """[n, 8], merged probabilities of the training faces"""
    news: Tensor
    """[m, 8], of the news faces"""
    landmarks: Tensor
    """[n, 68, 2], of the training faces, by face-api.js"""


def opinions_of(train: Faces, news: News, start: Path, before: tuple[CLIPTokenizerFast, CLIPModel], package: Path, path: Path) -> Opinions:
    """From `path` where it is there and is of the same faces and teachers, else made and put there. `before` is opened from START."""
    asked = {
        "training": train.manifest["pixels_sha256"],
        "news": news.manifest["pixels_sha256"],
        "start": sha256(start / "model.safetensors"),
        "face_api": sha256(package / "model" / "face_expression_model.bin") + sha256(package / "model" / "face_landmark_68_model.bin"),
    }
    kept = load_state(path)
    if kept is None or kept["asked"] != asked:
        kept = {"asked": asked, **ask(train, news, before, FaceApi(package))}
        save_state(path, **kept)
    return Opinions(*(kept[name].cpu() for name in ("training", "news", "landmarks")))


def ask(train: Faces, news: News, before: tuple[CLIPTokenizerFast, CLIPModel], face_api: FaceApi) -> dict[str, Tensor]:
    tokenizer, model = before
    with torch.no_grad():
        described = encode_texts(model, tokenizer, HARD_PROMPT_3)
    sharpness = OPINION_SHARPNESS * model.logit_scale.exp().item()
    own_training = (sharpness * training_features(model, train.pixels) @ described.T).softmax(1).cpu()
    own_news = (sharpness * news_features(model, news.wide) @ described.T).softmax(1).cpu()
    large = enlarged(train.pixels)
    other_news = (face_api.expressions_of(news.close) + face_api.expressions_of(news.close.flip(2))) / 2
    return {
        "training": merged(own_training, face_api.expressions_of(large), OTHER_SHARES["training"]),
        "news": merged(own_news, other_news, OTHER_SHARES["news"]),
        "landmarks": face_api.landmarks_of(large),
    }


def merged(own: Tensor, other: Tensor, share: float) -> Tensor:
    """The geometric mean of two opinions [n, 8] and [n, 7]. Contempt, which the second does not know, is taken from the first."""
    other = shares(torch.cat([other, own[:, CONTEMPT:]], 1) + FLOOR)
    return ((1 - share) * own.clamp(min=1e-4).log() + share * other.log()).softmax(1)


def training_features(model: CLIPModel, pixels: Tensor) -> Tensor:
    """Mean features [n, JOINT] of each face as it is and of augmented views, so that an opinion learned by heart weighs less."""
    generator = torch.Generator().manual_seed(AUGMENTED_SEED)
    views = [features(model, plain(pixels))]
    for _ in range(AUGMENTED_VIEWS):
        views.append(features(model, torch.cat([augmented(part, generator, AUGMENTED_STRENGTH) for part in pixels.split(512)])))
    return torch.stack(views).mean(0)


def news_features(model: CLIPModel, wide: Tensor) -> Tensor:
    crops = [still(wide, share) for share in NEWS_SHARES]
    return torch.stack([features(model, x) for crop in crops for x in (crop, crop.flip(3))]).mean(0)


@torch.no_grad()
def features(model: CLIPModel, x: Tensor) -> Tensor:
    """Normalised [n, JOINT] of grey images [n, 1, 48, 48]."""
    with autocast():
        return torch.cat([encode_images(model, part.to(DEVICE).expand(-1, 3, -1, -1)).float() for part in x.split(512)])


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
