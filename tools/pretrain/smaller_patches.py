"""Goes on with the image tower of a finished CLIP with smaller patches, towards votes and the opinions of two teachers.

    python tools/pretrain/smaller_patches.py --data DIR/ferplus --news NEWS --face-api PACKAGE --start DIR --state STATE --minutes 85 --out OUT

NEWS is what `mpa-fer predict --json` wrote of news pictures (crops.py), PACKAGE the folder of the npm package @vladmandic/face-api. The
text tower stays as it is; texts.py goes on with it afterwards. Every 800 steps are a line in STATE/NAME.jsonl, NAME being OUT's, and a run
that was stopped goes on from there. With --minutes the learning rate follows the clock, so that a run ends in time on any machine, but not
with the same weights twice; with --steps it does.

COPIES is what `mpa-fer doctor --data DIR/ferplus --dataset ferplus --json` wrote: validation faces that nearly are training faces are left
out of a second pair of scores.
"""

import argparse
import json
import random
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import CLIPModel, CLIPTokenizerFast

from captions import CLASSES
from crops import load_news, moved
from faces import Faces, augmented, degraded, load, plain, tinted
from folder import opened, write
from loop import DEVICE, Average, autocast, calibration_error, cross_entropy, load_state, log, save_state, scores, shares
from model import WIDTH, build, look, project_images
from opinions import features, opinions_of, sha256
from people import pictures_of
from taught import POWER, VOTES_SHARE, Taught, taught_of
from texts import OPINION_SHARPNESS

PATCH = 6
"""64 patches in place of 36"""
BATCH, NEWS = 128, 16
"""training and news faces of a step"""
RATE, WARM_UP, FALL, WEIGHT_DECAY = 5e-4, 200, 0.25, 0.05
"""the rate rises for WARM_UP steps, and falls to zero from a quarter of the run on"""
STRENGTH, KEEP, ALL_PATCHES = 0.7, 0.7, 0.75
"""a share KEEP of the patches is looked at, which saves time, and all in the last quarter, as the product looks at all"""
CAPTIONS_A_STEP, CAPTION_WEIGHT, HEAD_WEIGHT = 48, 0.2, 0.3
DECAY, LOG_EVERY, LOG_EARLY = 0.9985, 800, (30, 200)


@dataclass
class Work:
    tokenizer: CLIPTokenizerFast
    model: CLIPModel
    head: nn.Module
    """a classifier of class tokens, which only helps the tower to learn and is thrown away"""
    train: Faces
    wide: Tensor
    """crops of news faces [m, 64, 64], bytes"""
    valid: Faces
    is_copy: Tensor
    """[validation faces], whether nearly the same picture is a training face"""
    taught: Taught
    optimiser: torch.optim.Optimizer
    average: Average


def losses_of(work: Work, keep: float, generator: torch.Generator, rng: random.Random) -> dict[str, Tensor]:
    """Cross entropy against the classes' sentences, against captions both ways, and of the head."""
    taught = work.taught
    rows = torch.multinomial(taught.chances, BATCH, generator=generator)
    news = news_rows(taught, generator)
    x = torch.cat([augmented(work.train.pixels[rows].to(DEVICE), generator, STRENGTH), moved(work.wide[news].to(DEVICE), generator)])
    x = tinted(degraded(x, generator), generator)
    target = torch.cat([taught.targets[rows], taught.news_targets[news]]).to(DEVICE)
    with autocast():
        tokens = look(work.model, x, keep, generator).final[:, 0]
        images, guesses = project_images(work.model, tokens), work.head(tokens)
    drawn = torch.randint(len(taught.captions), (CAPTIONS_A_STEP,), generator=generator)
    fits = taught.fits[rows][:, drawn].float().to(DEVICE)
    scale = work.model.logit_scale.exp()
    named, described = taught.sentences[rng.randrange(2)], taught.sentences[2]
    # News faces have no votes, which captions need.
    by_caption = scale * images[:BATCH] @ taught.captions[drawn.to(DEVICE)].T
    return {
        "class": (cross_entropy(target, scale * images @ named.T) + cross_entropy(target, scale * images @ described.T)) / 2,
        "captions": CAPTION_WEIGHT * (cross_entropy(shares(fits), by_caption) + cross_entropy(shares(fits.T), by_caption.T)),
        "head": HEAD_WEIGHT * cross_entropy(target, guesses),
    }


def news_rows(taught: Taught, generator: torch.Generator) -> Tensor:
    if taught.news_chances is None:
        return torch.randint(len(taught.news_targets), (NEWS,), generator=generator)
    return torch.multinomial(taught.news_chances, NEWS, replacement=True, generator=generator)


def run(work: Work, arguments: argparse.Namespace) -> int:
    """Returns the number of steps."""
    path, records = (arguments.state / f"{arguments.out.name}.{ending}" for ending in ("pt", "jsonl"))
    generator, rng = torch.Generator().manual_seed(arguments.seed), random.Random(arguments.seed)
    tower = [parameter for parameter in work.model.parameters() if parameter.requires_grad]
    step, spent = resume(work, load_state(path), generator, rng)
    started, totals, summed = time.time() - spent, {}, 0

    def progress() -> float:
        return (time.time() - started) / 60 / arguments.minutes if arguments.minutes else step / arguments.steps

    work.model.train()
    while (at := progress()) < 1:
        for group in work.optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARM_UP) * (1 - max(0, at - FALL) / (1 - FALL))
        losses = losses_of(work, KEEP if at < ALL_PATCHES else 1.0, generator, rng)
        work.optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_(tower, 1.0)
        work.optimiser.step()
        work.average.update(work.model)
        step, summed = step + 1, summed + 1
        for name, loss in losses.items():
            totals[name] = totals.get(name, 0) + loss.item()
        if step in LOG_EARLY or step % LOG_EVERY == 0 or progress() >= 1:
            means = {name: total / summed for name, total in totals.items()}
            log(records, {"step": step, "seconds": round(time.time() - started), **means, **validated(work)})
            totals, summed = {}, 0
            keep_state(work, path, step, time.time() - started, generator, rng)
    return step


def averaged(work: Work) -> CLIPModel:
    model = build(work.tokenizer, PATCH).to(DEVICE)
    model.load_state_dict(work.average.values)
    return model.eval()


def validated(work: Work) -> dict[str, float]:
    """Zero-shot with descriptions, each face read mirrored as well; all faces, and those that are no copies of training faces."""
    model, x = averaged(work), plain(work.valid.pixels)
    logits = work.model.logit_scale.exp() * (features(model, x) + features(model, x.flip(3))) / 2 @ work.taught.sentences[2].T
    logits = logits.detach().cpu()
    found = scores(logits.argmax(1), work.valid.votes)
    if work.is_copy.any():
        apart = scores(logits[~work.is_copy].argmax(1), work.valid.votes[~work.is_copy])
        found |= {f"{name}_without_copies": value for name, value in apart.items()}
    return {**found, "ece": calibration_error((OPINION_SHARPNESS * logits).softmax(1), work.valid.votes)}


def keep_state(work: Work, path: Path, step: int, seconds: float, generator: torch.Generator, rng: random.Random) -> None:
    parts = {"model": work.model.state_dict(), "head": work.head.state_dict(), "optimiser": work.optimiser.state_dict()}
    draws = {"generator": generator.get_state(), "rng": rng.getstate()}
    save_state(path, **parts, **draws, average=work.average.values, average_steps=work.average.steps, step=step, seconds=seconds)


def resume(work: Work, state: dict | None, generator: torch.Generator, rng: random.Random) -> tuple[int, float]:
    """Steps done, and the seconds that they took."""
    if state is None:
        return 0, 0.0
    work.model.load_state_dict(state["model"])
    work.head.load_state_dict(state["head"])
    work.optimiser.load_state_dict(state["optimiser"])
    work.average.values, work.average.steps = state["average"], state["average_steps"]
    generator.set_state(state["generator"].cpu())
    rng.setstate(state["rng"])
    return state["step"], state["seconds"]


def prepare(arguments: argparse.Namespace) -> tuple[Work, dict]:
    """Also what was read, for pretraining.json."""
    torch.manual_seed(arguments.seed)
    train, valid = load(arguments.data, "FER2013Train", False), load(arguments.data, "FER2013Valid", True)
    half = arguments.half_of and {name for name, picture in pictures_of(arguments.half_of).items() if picture.half == 0}
    news = load_news(arguments.news, half)
    teacher = arguments.teacher or arguments.start
    opinions = opinions_of(train, news, teacher, opened(teacher), arguments.face_api, arguments.state / "opinions.pt")
    tokenizer, model = opened(arguments.start, PATCH)
    head = nn.Linear(WIDTH, len(CLASSES)).to(DEVICE)
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith("vis"))
    trained = [*(parameter for parameter in model.parameters() if parameter.requires_grad), *head.parameters()]
    groups = [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in trained if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98))
    is_copy = copies_in(valid, arguments.copies)
    taught = taught_of(train, opinions, tokenizer, model, arguments.news_power)
    work = Work(tokenizer, model, head, train, news.wide, valid, is_copy, taught, optimiser, Average(model, DECAY))
    start, asked = (sha256(folder / "model.safetensors") for folder in (arguments.start, teacher))
    return work, {"start_sha256": start, "teacher_sha256": asked, "data": [train.manifest, news.manifest]}


def copies_in(valid: Faces, copies: Path | None) -> Tensor:
    """[validation faces]"""
    duplicates = json.loads(copies.read_text())["duplicates"] if copies else []
    pairs = [(each["first"], each["second"]) for each in duplicates if each["first"]["split"] != each["second"]["split"]]
    files = {Path(one["file"]).name for pair in pairs for one in pair if one["split"] == "valid"}
    return torch.tensor([name in files for name in valid.names])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--news", type=Path, required=True)
    parser.add_argument("--half-of", type=Path, help="a CSV of news pictures and their persons (people.py): learn from the first half alone")
    parser.add_argument("--face-api", type=Path, required=True)
    parser.add_argument("--copies", type=Path)
    parser.add_argument("--start", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, help="whose opinions are learned from, START's by default")
    parser.add_argument("--news-power", type=float, default=0.0, help="of 1/frequency, which news faces of an opinion are drawn with")
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float)
    length.add_argument("--steps", type=int)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    arguments.state.mkdir(parents=True, exist_ok=True)
    work, read = prepare(arguments)
    steps = run(work, arguments)
    settings = {"patch_size": PATCH, "rate": RATE, "power": POWER, "votes_share": VOTES_SHARE, "batch": BATCH, "news_batch": NEWS}
    about = {"seed": arguments.seed, "steps": steps, "minutes": arguments.minutes, **settings}
    model = averaged(work)
    write(model, arguments.start, arguments.out, {"image": {**about, "zero_shot": validated(work), **read}})


if __name__ == "__main__":
    main()
