"""Scores of models on labelled news faces, by halves of the persons, and on FER+ validation faces.

    python tools/pretrain/news_scores.py --data DIR/ferplus --news NEWS --people CSV --json FILE NAME=DIR ...

NEWS is what `mpa-fer predict --json` wrote of the pictures (crops.py), CSV their labels and persons (people.py). Zero-shot with hard
prompt 3, each face read mirrored as well, in bfloat16, in crops of nine tenths. Accuracy is over the seven classes without contempt, UAR
over the five with 50 faces and more.
"""

import argparse
import json
from pathlib import Path

import torch
from torch import Tensor

from captions import CLASSES
from crops import News, load_news, still
from faces import Faces, load, plain
from folder import opened
from loop import scores
from model import encode_texts
from opinions import CONTEMPT, features
from people import Picture, pictures_of
from texts import HARD_PROMPT_3

CROP, FREQUENT = 0.9, 5


@torch.no_grad()
def answers(folder: Path, x: Tensor) -> Tensor:
    """[n], the class of each face."""
    tokenizer, model = opened(folder)
    texts = encode_texts(model, tokenizer, HARD_PROMPT_3)
    return ((features(model, x) + features(model, x.flip(3))) @ texts.T).argmax(1).cpu()


def news_scores(predicted: Tensor, pictures: list[Picture], halves: tuple[int, ...]) -> dict:
    labels = torch.tensor([picture.label for picture in pictures])
    inside = torch.tensor([picture.half in halves and picture.label != CONTEMPT for picture in pictures])
    hits, labels = (predicted == labels)[inside].float(), labels[inside]
    recalls = [hits[labels == c].mean().item() for c in range(FREQUENT)]
    recall = {CLASSES[c]: round(value, 4) for c, value in enumerate(recalls)}
    return {"faces": len(hits), "accuracy": round(hits.mean().item(), 4), "uar5": round(sum(recalls) / FREQUENT, 4), "recall": recall}


def row(name: str, folder: Path, news: News, pictures: list[Picture], valid: Faces) -> dict:
    predicted = answers(folder, still(news.wide, CROP))
    halves = {"half0": (0,), "half1": (1,), "all": (0, 1)}
    validation = scores(answers(folder, plain(valid.pixels)), valid.votes)
    return {
        "name": name,
        **{half: news_scores(predicted, pictures, which) for half, which in halves.items()},
        "validation": {metric: round(value, 4) for metric, value in validation.items()},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", metavar="NAME=DIR")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--news", type=Path, required=True)
    parser.add_argument("--people", type=Path, required=True)
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    news, valid = load_news(arguments.news), load(arguments.data, "FER2013Valid", True)
    known = pictures_of(arguments.people)
    pictures = [known[name] for name in news.names]
    rows = []
    for name, folder in (model.split("=", 1) for model in arguments.models):
        rows.append(row(name, Path(folder), news, pictures, valid))
        print(json.dumps(rows[-1]), flush=True)
    command = "news_scores.py --data DIR/ferplus --news NEWS --people CSV --json FILE NAME=DIR ..."
    arguments.json.write_text(json.dumps({"command": command, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
