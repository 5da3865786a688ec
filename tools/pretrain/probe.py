"""A linear probe: logistic regression on a backbone's frozen image features of FER+.

    python tools/pretrain/probe.py --backbone DIR --data DIR/ferplus [--json FILE]

Features are class tokens before the projection. For each way of weighting the classes the strength of the penalty is chosen,
by the sum of accuracy and UAR, on a tenth of the training faces that is held out; validation is scored once with each.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler
from transformers import CLIPModel

from faces import Faces, load, plain
from loop import DEVICE, scores
from model import class_tokens

PENALTIES = (0.003, 0.01, 0.03, 0.1)
WEIGHTINGS = {"none": 0.0, "quarter": 0.25, "half": 0.5, "balanced": 1.0}
"""the power of 1/frequency that a class's faces count with"""


@torch.no_grad()
def features(model: CLIPModel, faces: Faces) -> np.ndarray:
    rows = [class_tokens(model, plain(part.to(DEVICE)).expand(-1, 3, -1, -1)).cpu() for part in faces.pixels.split(512)]
    return torch.cat(rows).float().numpy()


def fit(x: np.ndarray, labels: np.ndarray, c: float, power: float) -> LogisticRegression:
    counts = np.bincount(labels, minlength=8).clip(1)
    weights = {name: (len(labels) / count) ** power for name, count in enumerate(counts)}
    return LogisticRegression(C=c, class_weight=weights, max_iter=300).fit(x, labels)


def scored(probe: LogisticRegression, x: np.ndarray, votes: torch.Tensor) -> dict[str, float]:
    return scores(torch.from_numpy(probe.predict(x)), votes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    model = CLIPModel.from_pretrained(arguments.backbone).float().to(DEVICE).eval()
    train, valid = load(arguments.data, "FER2013Train", True), load(arguments.data, "FER2013Valid", True)
    scaler = StandardScaler()
    x, xv = scaler.fit_transform(features(model, train)), scaler.transform(features(model, valid))
    labels = train.votes.argmax(1).numpy()
    order = np.random.default_rng(0).permutation(len(labels))
    held, kept = order[: len(order) // 10], order[len(order) // 10 :]
    tried = []
    for weighting, power in WEIGHTINGS.items():
        for c in PENALTIES:
            found = scored(fit(x[kept], labels[kept], c, power), x[held], train.votes[held])
            tried.append({"weighting": weighting, "c": c, **found})
            print(tried[-1], flush=True)
    results = {}
    # Accuracy and UAR pull apart where classes are rare: weights move a probe along that line, so each weighting is told.
    for weighting, power in WEIGHTINGS.items():
        best = max((each for each in tried if each["weighting"] == weighting), key=lambda each: each["accuracy"] + each["uar"])
        results[weighting] = {"c": best["c"], "valid": scored(fit(x, labels, best["c"], power), xv, valid.votes)}
    print(json.dumps(results, indent=1))
    if arguments.json:
        record = {"backbone": arguments.backbone.name, "held_out": tried, "valid": results}
        arguments.json.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
