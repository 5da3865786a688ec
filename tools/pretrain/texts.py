"""Goes on with the text tower of a finished CLIP, so that descriptions and learned contexts move its answers.

    python tools/pretrain/texts.py --data DIR/ferplus --state STATE --start DIR --out OUT

The image tower stays as it is: its class tokens of the training faces are computed once, and kept in STATE/tokens.pt. What learns
is the text tower and, with `--projection-rate`, the projection of class tokens. Targets are the crowd's votes, with what START
answers itself; classes count 1/frequency to the power of `--power`. Every hundred steps are a line in STATE/NAME.jsonl, NAME being OUT's.
"""

import argparse
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from transformers import CLIPModel, CLIPTokenizerFast

from captions import CLASSES, DESCRIPTIONS, OWN, class_caption
from faces import Faces, load, plain
from folder import opened, write
from loop import DEVICE, Average, autocast, cross_entropy, load_state, log, save_state, scores, shares
from model import build, class_tokens, encode_texts, project_images
from voted import VotedCaption, voted_caption

BATCH, CAPTIONS, WARM_UP = 640, 32, 30
VOTES_SHARE, OPINION_SHARPNESS = 0.75, 2.0
CLASS_WEIGHT, ANCHOR_WEIGHT, TO_FACES, TO_CAPTIONS = 1.5, 10.0, 1.0, 0.3
PLAIN = [f"a photo of {name}" for name in CLASSES]
TASK = [f"a photo of a person making a facial expression of {name}" for name in CLASSES]
# Near hard prompt 3, whose descriptions are not the first signs of surprise, anger, disgust, fear and contempt.
DESCRIBED = [f"{text}, {', '.join(sign for sign, _ in OWN[name][:4])}" for name, text in zip(CLASSES, TASK)]
HARD_PROMPT_3 = [f"{text}, {', '.join(DESCRIPTIONS[name])}" for name, text in zip(CLASSES, TASK)]


@dataclass
class Work:
    model: CLIPModel
    tokenizer: CLIPTokenizerFast
    train: Faces
    valid: Faces
    tokens: dict[str, Tensor]
    """class tokens [n, WIDTH] of training faces, of validation faces, and of these mirrored"""
    anchor: Tensor
    """features of PLAIN and TASK before the first step, [16, JOINT]"""
    targets: Tensor
    """probabilities of the training faces, [n, 8]"""


def tokens_of(model: CLIPModel, train: Faces, valid: Faces, path: Path) -> dict[str, Tensor]:
    if kept := load_state(path):
        return kept

    @torch.no_grad()
    def tokens(faces: Faces, mirrored: bool = False) -> Tensor:
        rows = []
        for part in faces.pixels.split(512):
            x = plain(part.to(DEVICE)).expand(-1, 3, -1, -1)
            with autocast():
                rows.append(class_tokens(model, x.flip(3) if mirrored else x).float())
        return torch.cat(rows)

    found = {"train": tokens(train), "valid": tokens(valid), "mirrored": tokens(valid, mirrored=True)}
    save_state(path, **found)
    return found


def targets_of(model: CLIPModel, tokens: Tensor, described: Tensor, votes: Tensor, power: float) -> Tensor:
    """Votes mixed with what the model itself answers."""
    opinion = (OPINION_SHARPNESS * model.logit_scale.exp() * project_images(model, tokens) @ described.T).softmax(1)
    weights = rarity(votes, power)
    return mixed(votes, opinion, weights, VOTES_SHARE)


def rarity(votes: Tensor, power: float) -> Tensor:
    """1/frequency of each class to a power, [8]."""
    return votes.mean(0).clamp(min=0.003) ** -power


def mixed(votes: Tensor, opinion: Tensor, weights: Tensor, share: float) -> Tensor:
    """Votes, a share, and an opinion [n, 8]; rare classes count more in the votes, half as much more in the opinion."""
    return share * shares(votes * weights) + (1 - share) * shares(opinion * weights.sqrt())


def losses_of(work: Work, rows: Tensor, rng: random.Random) -> dict[str, Tensor]:
    images = project_images(work.model, work.tokens["train"][rows])
    captions = [voted_caption(rng) for _ in range(CAPTIONS)]
    sentences = [*(class_caption(name, rng) for name in CLASSES), *TASK, *DESCRIBED, *PLAIN]
    with autocast():
        # Apart, as each call pads to its longest text.
        texts = encode_texts(work.model, work.tokenizer, sentences)
        others = encode_texts(work.model, work.tokenizer, [caption.text for caption in captions])
    scale = work.model.logit_scale.exp()
    fits = fits_of(captions, work.train.votes[rows])
    logits = scale * images @ others.T
    sentence_losses = [cross_entropy(work.targets[rows], scale * images @ part.T) for part in texts[:24].split(8)]
    return {
        "class": CLASS_WEIGHT * (0.4 * sentence_losses[0] + 0.3 * sentence_losses[1] + 0.3 * sentence_losses[2]),
        "anchor": ANCHOR_WEIGHT * (1 - (torch.cat([texts[24:], texts[8:16]]) * work.anchor).sum(1)).mean(),
        "faces": TO_FACES * cross_entropy(shares(fits.T), logits.T),
        "captions": TO_CAPTIONS * cross_entropy(shares(fits), logits),
    }


def fits_of(captions: list[VotedCaption], votes: Tensor) -> Tensor:
    """[n, captions]"""
    return torch.stack([caption.fit(votes) for caption in captions], 1) + 1e-6


@torch.no_grad()
def validated(work: Work, model: CLIPModel) -> dict[str, float]:
    """Zero-shot with each face read mirrored as well: with the task named, and with descriptions."""
    images = project_images(model, work.tokens["valid"]) + project_images(model, work.tokens["mirrored"])
    found = {}
    for name, texts in (("task", TASK), ("described", DESCRIBED)):
        predicted = (images @ encode_texts(model, work.tokenizer, texts).T).argmax(1)
        found |= {f"{name}_{key}": value for key, value in scores(predicted, work.valid.votes).items()}
    return found


def averaged(work: Work, average: Average) -> CLIPModel:
    model = build(work.tokenizer, work.model.config.vision_config.patch_size).to(DEVICE)
    model.load_state_dict(average.values)
    return model.eval()


def prepare(arguments: argparse.Namespace) -> Work:
    torch.manual_seed(arguments.seed)
    tokenizer, model = opened(arguments.start)
    train, valid = load(arguments.data, "FER2013Train", False), load(arguments.data, "FER2013Valid", True)
    tokens = tokens_of(model, train, valid, arguments.state / "tokens.pt")
    with torch.no_grad():
        anchor = encode_texts(model, tokenizer, [*PLAIN, *TASK])
        described = encode_texts(model, tokenizer, DESCRIBED)
        targets = targets_of(model, tokens["train"], described, train.votes.to(DEVICE), arguments.power)
    return Work(model, tokenizer, train, valid, tokens, anchor, targets)


def trained_parts(model: CLIPModel, arguments: argparse.Namespace) -> list[dict]:
    """Groups of the optimiser, each with its highest rate."""
    model.requires_grad_(False)
    groups = [{"params": [p for name, p in model.named_parameters() if name.startswith("text_")], "highest": arguments.rate}]
    if arguments.projection_rate > 0:
        groups.append({"params": [model.visual_projection.weight], "highest": arguments.projection_rate})
    for group in groups:
        for parameter in group["params"]:
            parameter.requires_grad_(True)
    return groups


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--rate", type=float, default=8e-4, help="of the text tower; it falls to zero")
    parser.add_argument("--projection-rate", type=float, default=0.0, help="of the projection of class tokens")
    parser.add_argument("--power", type=float, default=0.0, help="of 1/frequency, which classes count with")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.state.mkdir(parents=True, exist_ok=True)
    work = prepare(arguments)
    groups = trained_parts(work.model, arguments)
    trained = [parameter for group in groups for parameter in group["params"]]
    optimiser, average = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=0.0), Average(work.model, 0.985)
    rng, generator = random.Random(arguments.seed), torch.Generator().manual_seed(arguments.seed)
    records, started = arguments.state / f"{arguments.out.name}.jsonl", time.time()
    log(records, {"step": 0, **validated(work, work.model)})
    for step in range(arguments.steps):
        for group in optimiser.param_groups:
            group["lr"] = group["highest"] * min(1, (step + 1) / WARM_UP) * (1 - step / arguments.steps)
        losses = losses_of(work, torch.randint(len(work.targets), (BATCH,), generator=generator), rng)
        optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        average.update(work.model)
        if (step + 1) % 100 == 0 or step + 1 == arguments.steps:
            found = validated(work, averaged(work, average))
            now = {name: loss.item() for name, loss in losses.items()}
            log(records, {"step": step + 1, **now, **found, "seconds": time.time() - started})
    about = {name: getattr(arguments, name) for name in ("seed", "steps", "rate", "projection_rate", "power")}
    write(averaged(work, average), arguments.start, arguments.out, {"texts": about})


if __name__ == "__main__":
    main()
