"""Trains the convolutional teacher on FER+ training faces and the distribution of their votes.

    python tools/pretrain/teacher.py --data DIR/ferplus --state STATE --epochs 30
    python tools/pretrain/teacher.py --data DIR/ferplus --state STATE --name teacher-2 --from teacher --rate 0.08 --epochs 12

A small data set teaches a convolutional network faster than a transformer; `student.py` learns from both. Goes on from
STATE/NAME.pt where it is there. `--from` starts at another teacher's weights with the rate raised again, which makes a second
opinion for less than the first one cost. Validation is for the log; the last average of weights is what is kept.
"""

import argparse
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import captions
from faces import augmented, class_weights, load, plain, without
from loop import DEVICE, Average, autocast, load_state, log, save_state, scores

BATCH, RATE, DECAY = 128, 0.15, 5e-4
WIDTH = 192
"""of the last stage's maps"""
STAGE = 4
"""layers a stage: a norm and a cut, a convolution, a block"""


class Block(nn.Module):
    """Two 3×3 convolutions beside an identity, normalised before each (He et al. 2016, pre-activation)."""

    def __init__(self, width: int):
        super().__init__()
        self.norms = nn.ModuleList([nn.BatchNorm2d(width) for _ in range(2)])
        self.convolutions = nn.ModuleList([nn.Conv2d(width, width, 3, padding=1, bias=False) for _ in range(2)])

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for norm, convolution in zip(self.norms, self.convolutions):
            y = convolution(F.relu(norm(y)))
        return x + y


class Teacher(nn.Module):
    """[n, 1, 48, 48] → logits [n, 8]. Stages of 24, 12 and 6 pixels."""

    def __init__(self, widths: tuple[int, ...] = (48, 96, WIDTH)):
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(1, 24, 3, padding=1, bias=False)]
        before = 24
        for width in widths:
            layers += [nn.BatchNorm2d(before), nn.ReLU(), nn.Conv2d(before, width, 3, stride=2, padding=1, bias=False), Block(width)]
            before = width
        self.body = nn.Sequential(*layers, nn.BatchNorm2d(before), nn.ReLU())
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(before, 8))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x).mean((2, 3)))

    def stages(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Maps [n, 96, 12, 12] and [n, 192, 6, 6] of the last two stages, normalised and cut at zero."""
        near = self.body[: 2 * STAGE + 3](x)
        return near, self.body[2 * STAGE + 3 :](near)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", default="teacher")
    parser.add_argument("--from", dest="start", help="another teacher's name")
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--without", nargs="*", default=[], choices=captions.CLASSES, help="classes to hold back")
    arguments = parser.parse_args()
    arguments.state.mkdir(parents=True, exist_ok=True)
    path = arguments.state / f"{arguments.name}.pt"
    torch.manual_seed(arguments.seed)
    train, valid = load(arguments.data, "FER2013Train", False), load(arguments.data, "FER2013Valid", True)
    if arguments.without:
        train = without(train, [captions.CLASSES.index(name) for name in arguments.without])
    weights = class_weights(train.votes).to(DEVICE)
    model = Teacher().to(DEVICE, memory_format=torch.channels_last)
    optimiser = torch.optim.SGD(model.parameters(), lr=arguments.rate, momentum=0.9, weight_decay=DECAY, nesterov=True)
    if arguments.start:
        model.load_state_dict(load_state(arguments.state / f"{arguments.start}.pt")["average"])
    average = Average(model, 0.998)
    first = 0
    if state := load_state(path):
        model.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average.values, average.steps, first = state["average"], state["average_steps"], state["epoch"]
    steps = len(train.pixels) // BATCH
    started = time.time()
    for epoch in range(first, arguments.epochs):
        generator = torch.Generator().manual_seed(1000 * arguments.seed + epoch)
        order = torch.randperm(len(train.pixels), generator=generator)
        total = 0.0
        model.train()
        for step in range(steps):
            progress = (epoch + step / steps) / arguments.epochs
            for group in optimiser.param_groups:
                group["lr"] = arguments.rate * min(1, progress * arguments.epochs) * 0.5 * (1 + math.cos(math.pi * progress))
            rows = order[step * BATCH : (step + 1) * BATCH]
            votes = train.votes[rows].to(DEVICE)
            x = augmented(train.pixels[rows].to(DEVICE), generator).contiguous(memory_format=torch.channels_last)
            with autocast():
                logits = model(x)
            target = votes * weights
            loss = -((target / target.sum(1, keepdim=True)) * logits.float().log_softmax(1)).sum(1).mean()
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            average.update(model)
            total += loss.item()
        found = scores(predict(averaged(average), valid.pixels), valid.votes)
        log(arguments.state / f"{arguments.name}.jsonl", {"epoch": epoch + 1, "loss": total / steps, **found, "seconds": time.time() - started})
        parts = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "average": average.values}
        save_state(path, **parts, average_steps=average.steps, epoch=epoch + 1)


def averaged(average: Average) -> Teacher:
    model = Teacher().to(DEVICE, memory_format=torch.channels_last)
    model.load_state_dict(average.values)
    return model.eval()


@torch.no_grad()
def predict(model: nn.Module, pixels: Tensor) -> Tensor:
    """The class of each face, from it and its mirror image."""
    rows = []
    for part in pixels.split(512):
        x = plain(part.to(DEVICE)).contiguous(memory_format=torch.channels_last)
        with autocast():
            rows.append((model(x).softmax(1) + model(x.flip(3)).softmax(1)).argmax(1).cpu())
    return torch.cat(rows)


if __name__ == "__main__":
    main()
