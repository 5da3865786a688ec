"""What the trainings share: devices, states that survive a stop, averages of weights, losses, scores."""

import json
import os
from pathlib import Path

import torch
from torch import Tensor, nn

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def autocast():
    return torch.autocast(DEVICE.type, dtype=torch.bfloat16)


class Average(nn.Module):
    """Exponential average of a model's weights and buffers; half-life of ln 2 / (1 − decay) steps."""

    def __init__(self, model: nn.Module, decay: float):
        super().__init__()
        self.decay = decay
        self.values = {name: value.detach().clone() for name, value in model.state_dict().items()}
        self.steps = 0

    def update(self, model: nn.Module) -> None:
        self.steps += 1
        decay = min(self.decay, self.steps / (self.steps + 10))
        for name, value in model.state_dict().items():
            if value.is_floating_point():
                self.values[name].lerp_(value.detach(), 1 - decay)
            else:
                self.values[name].copy_(value)


def save_state(path: Path, **parts) -> None:
    """Whole or not at all."""
    temporary = path.with_suffix(".tmp")
    torch.save(parts, temporary)
    os.replace(temporary, path)


def load_state(path: Path) -> dict | None:
    return torch.load(path, map_location=DEVICE, weights_only=True) if path.exists() else None


def cross_entropy(target: Tensor, logits: Tensor) -> Tensor:
    return -(target * logits.float().log_softmax(-1)).sum(-1).mean()


def shares(rows: Tensor) -> Tensor:
    return rows / rows.sum(1, keepdim=True)


def scores(predicted: Tensor, votes: Tensor) -> dict[str, float]:
    """Accuracy and UAR against the plurality of the votes."""
    labels = votes.argmax(1)
    hits = (predicted == labels).float()
    recalls = [hits[labels == c].mean().item() for c in range(votes.shape[1]) if (labels == c).any()]
    return {"accuracy": hits.mean().item(), "uar": sum(recalls) / len(recalls)}


def calibration_error(probabilities: Tensor, votes: Tensor, bins: int = 15) -> float:
    """ECE: the mean distance between confidence and accuracy over bins of equal width, weighted by their faces."""
    confidence, predicted = probabilities.max(1)
    hits = (predicted == votes.argmax(1)).float()
    error = 0.0
    for place in range(bins):
        inside = (confidence > place / bins) & (confidence <= (place + 1) / bins)
        if inside.any():
            error += (confidence[inside].sum() - hits[inside].sum()).abs().item() / len(hits)
    return error


def log(path: Path, record: dict) -> None:
    rounded = {key: round(value, 5) if isinstance(value, float) else value for key, value in record.items()}
    with path.open("a") as file:
        file.write(json.dumps(rounded) + "\n")
    print(rounded, flush=True)
