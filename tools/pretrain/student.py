"""Pre-trains the small CLIP on FER+ training faces, captions from their votes, and the teachers' opinions.

    python tools/pretrain/student.py --data DIR/ferplus --state STATE --epochs 60
    python tools/pretrain/student.py --data DIR/ferplus --state STATE --decay 20 --out OUT

It learns from the teachers that lie in STATE. `--start DIR` begins with the weights of another CLIP of the same shape.
`--without disgust contempt` never shows faces, votes or words of these classes; it needs a STATE of its own, with teachers
that were raised without them as well.

The rate stays constant after a warm-up, so that a run can go on as long as there is time: the first call trains up to
`--epochs` and goes on from STATE/student.pt where it is there. The second goes on from that state, lets the rate fall to zero
over `--decay` epochs, the last third of them with all patches, and writes the averaged weights to OUT in half precision.
"""

import argparse
import json
import random
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AutoTokenizer, CLIPModel, CLIPTokenizerFast

import captions
from faces import MEAN, STD, Faces, class_weights, load, plain, tinted, without
from lessons import FAR, NEAR, VIEWS, View, batch_of, teachers_in, view_of
from folder import patch_of
from loop import DEVICE, Average, autocast, cross_entropy, load_state, log, save_state, scores
from model import IMAGE, PATCH, WIDTH, Looked, build, encode_images, encode_texts, look, project_images
from teacher import Teacher

ROOT = Path(__file__).parents[2]
BATCH, RATE, WARM_UP, WEIGHT_DECAY = 128, 1e-3, 2.0, 0.05
SIGN_WEIGHT, HEAD_WEIGHT, NEAR_WEIGHT, FAR_WEIGHT, PLACE_WEIGHT = 0.3, 1.0, 1.0, 2.0, 0.5
TEACHER_SHARE, KEEP = 0.6, 0.7


@dataclass
class Work:
    model: CLIPModel
    help: nn.ModuleDict
    """what only helps the image tower to learn, and is thrown away: a classifier of class tokens, readers of the teacher's maps"""
    tokenizer: CLIPTokenizerFast
    teachers: list[Teacher]
    columns: list[int]
    """indices of the trained classes"""
    train: Faces
    valid: Faces
    optimiser: torch.optim.Optimizer
    average: Average


def losses_of(work: Work, rows: Tensor, view: View, keep: float, generator: torch.Generator, rng: random.Random) -> dict[str, Tensor]:
    """Cross entropy of each face against one sentence a class and against signs that fit several classes, and the maps."""
    batch = batch_of(view, rows, rng)
    target = restricted(work, work.train.votes[rows].to(DEVICE) * class_weights(work.train.votes).to(DEVICE))
    target = (1 - TEACHER_SHARE) * target + TEACHER_SHARE * restricted(work, batch.opinion)
    with autocast():
        seen = look(work.model, tinted(batch.pixels, generator), keep, generator)
        images, patches = project_images(work.model, seen.final[:, 0]), project_images(work.model, seen.final[:, 1:])
        guesses = work.help["head"](seen.final[:, 0]).float()[:, work.columns]
    trained = [captions.CLASSES[column] for column in work.columns]
    sentences = [captions.class_caption(name, rng) for name in trained]
    signs = [captions.sign_caption(name, rng) for name in trained for _ in range(3)]
    texts = encode_texts(work.model, work.tokenizer, [*sentences, *(sign.text for sign in signs)])
    scale = work.model.logit_scale.exp().clamp(max=100)
    logits = scale * images @ texts.T
    fits = target @ torch.tensor([sign.fits for sign in signs], device=DEVICE)[:, work.columns].T
    by_place = scale * patches @ texts[: len(trained)].T
    evidence = places(batch.evidence, seen)[:, :, work.columns].softmax(-1)
    return {
        "class": cross_entropy(target, logits[:, : len(trained)]),
        "sign": SIGN_WEIGHT * cross_entropy(fits / fits.sum(1, keepdim=True), logits[:, len(trained) :]),
        "head": HEAD_WEIGHT * cross_entropy(target, guesses),
        "place": PLACE_WEIGHT * cross_entropy(evidence, by_place),
        "near": NEAR_WEIGHT * unexplained(work.help["near"], seen.middle, places(batch.near, seen)),
        "far": FAR_WEIGHT * unexplained(work.help["far"], seen.final, places(batch.far, seen)),
    }


def restricted(work: Work, weights: Tensor) -> Tensor:
    """Probabilities of the trained classes, [n, classes], with sum 1."""
    weights = weights[:, work.columns]
    return weights / weights.sum(1, keepdim=True)


def places(maps: Tensor, seen: Looked) -> Tensor:
    """The maps' places [n, 36, c] that were looked at."""
    return maps if seen.visible is None else maps.gather(1, seen.visible.unsqueeze(-1).expand(-1, -1, maps.shape[2]))


def unexplained(reader: nn.Module, tokens: Tensor, maps: Tensor) -> Tensor:
    """The share of the maps' variance that patch tokens [n, 1 + places, WIDTH] do not tell."""
    with autocast():
        guessed = reader(tokens[:, 1:])
    return F.mse_loss(guessed.float(), maps)


def run_epoch(work: Work, view: View, epoch: int, seed: int, rate, keep: float) -> dict[str, float]:
    """One pass; `rate` gives the learning rate at a share of the epoch. Returns mean losses."""
    generator = torch.Generator().manual_seed(1_000_000 * seed + epoch)
    rng = random.Random(1_000_000 * seed + epoch)
    order = torch.randperm(len(work.train.pixels), generator=generator)
    steps = len(order) // BATCH
    totals: dict[str, float] = {}
    work.model.train()
    for step in range(steps):
        for group in work.optimiser.param_groups:
            group["lr"] = rate(step / steps)
        losses = losses_of(work, order[step * BATCH : (step + 1) * BATCH], view, keep, generator, rng)
        work.optimiser.zero_grad(set_to_none=True)
        torch.stack(list(losses.values())).sum().backward()
        torch.nn.utils.clip_grad_norm_([p for group in work.optimiser.param_groups for p in group["params"]], 1.0)
        work.optimiser.step()
        work.average.update(work.model)
        for name, loss in losses.items():
            totals[name] = totals.get(name, 0) + loss.item()
    return {name: total / steps for name, total in totals.items()}


@torch.no_grad()
def zero_shot(model: CLIPModel, tokenizer: CLIPTokenizerFast, faces: Faces) -> dict[str, float]:
    """With the plain hard prompt that names the task, no class preferred."""
    texts = [f"a photo of a person making a facial expression of {name}" for name in captions.CLASSES]
    theta = encode_texts(model, tokenizer, texts)
    rows = []
    for part in faces.pixels.split(512):
        with autocast():
            rows.append((encode_images(model, plain(part.to(DEVICE)).expand(-1, 3, -1, -1)) @ theta.T).argmax(1).cpu())
    return scores(torch.cat(rows), faces.votes)


def averaged(work: Work) -> CLIPModel:
    model = build(work.tokenizer).to(DEVICE)
    model.load_state_dict(work.average.values)
    return model.eval()


def prepare(arguments: argparse.Namespace) -> Work:
    torch.manual_seed(arguments.seed)
    tokenizer = AutoTokenizer.from_pretrained(arguments.tokenizer)
    model = build(tokenizer).to(DEVICE)
    if arguments.start:
        if patch_of(arguments.start) != PATCH:
            raise SystemExit(f"{arguments.start} has patches of {patch_of(arguments.start)}; the teachers' maps are of patches of {PATCH}")
        model.load_state_dict(CLIPModel.from_pretrained(arguments.start).float().state_dict())
    help = nn.ModuleDict({
        "head": nn.Linear(WIDTH, len(captions.CLASSES)),
        "near": nn.Sequential(nn.LayerNorm(WIDTH), nn.Linear(WIDTH, NEAR)),
        "far": nn.Linear(WIDTH, FAR),
    }).to(DEVICE)
    trained = [*model.parameters(), *help.parameters()]
    matrices, others = [p for p in trained if p.ndim >= 2], [p for p in trained if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98))
    train, valid = load(arguments.data, "FER2013Train", False), load(arguments.data, "FER2013Valid", True)
    held_back = [captions.CLASSES.index(name) for name in arguments.without]
    if held_back:
        train = without(train, held_back)
    columns = [column for column in range(len(captions.CLASSES)) if column not in held_back]
    teachers = teachers_in(arguments.state)
    return Work(model, help, tokenizer, teachers, columns, train, valid, optimiser, Average(model, 0.9985))


def write(work: Work, model: CLIPModel, out: Path, tokenizer: Path, about: dict) -> None:
    """A CLIPModel folder in half precision, with the tokenizer and how it was made."""
    model.half().save_pretrained(out)
    for name in ("merges.txt", "vocab.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(tokenizer / name, out / name)
    size = {"height": IMAGE, "width": IMAGE}
    preprocess = {
        **{"do_resize": True, "size": {"shortest_edge": IMAGE}, "resample": 3, "do_center_crop": True, "crop_size": size},
        **{"do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True, "image_mean": [MEAN] * 3, "image_std": [STD] * 3},
        **{"do_convert_rgb": True, "image_processor_type": "CLIPImageProcessor"},
    }
    (out / "preprocessor_config.json").write_text(json.dumps(preprocess, indent=1) + "\n")
    manifest = {**about, "data": [work.train.manifest, work.valid.manifest]}
    (out / "pretraining.json").write_text(json.dumps(manifest, indent=1) + "\n")


def keep_state(work: Work, path: Path, epoch: int, start: int) -> None:
    parts = {"model": work.model.state_dict(), "help": work.help.state_dict(), "optimiser": work.optimiser.state_dict()}
    save_state(path, **parts, average=work.average.values, average_steps=work.average.steps, epoch=epoch, start=start)


def resume(work: Work, state: dict) -> tuple[int, int]:
    """Epochs done, and how many of them before the decay."""
    work.model.load_state_dict(state["model"])
    work.help.load_state_dict(state["help"])
    work.optimiser.load_state_dict(state["optimiser"])
    work.average.values, work.average.steps = state["average"], state["average_steps"]
    return state["epoch"], state.get("start", 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--decay", type=int, default=0, help="epochs over which the rate falls to zero, from the kept state")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--tokenizer", type=Path, default=ROOT / "models" / "faceclip-mini")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="a CLIPModel folder to begin with")
    parser.add_argument("--without", nargs="*", default=[], choices=captions.CLASSES, help="classes to hold back")
    arguments = parser.parse_args()
    arguments.state.mkdir(parents=True, exist_ok=True)
    records = arguments.state / "student.jsonl"
    stable, decaying = arguments.state / "student.pt", arguments.state / f"student-decay-{arguments.decay}.pt"
    work = prepare(arguments)
    state = (load_state(decaying) if arguments.decay else None) or load_state(stable)
    epoch, start = resume(work, state) if state else (0, 0)
    # The decay goes from where the stable phase stood, which a decay that was stopped remembers.
    start = start if arguments.decay and decaying.exists() else epoch
    started = time.time()
    while epoch < (start + arguments.decay if arguments.decay else arguments.epochs):
        view = view_of(arguments.state, work.teachers, work.train, epoch % VIEWS, arguments.seed)
        share = (epoch - start) / max(arguments.decay, 1)
        if arguments.decay:
            keep, rate = (KEEP if share < 2 / 3 else 1.0), lambda at: RATE * (1 - share - at / arguments.decay)
        else:
            keep, rate = KEEP, lambda at: RATE * min(1, (epoch + at + 0.01) / WARM_UP)
        losses = run_epoch(work, view, epoch, arguments.seed, rate, keep)
        epoch += 1
        found = zero_shot(averaged(work), work.tokenizer, work.valid)
        phase = "decay" if arguments.decay else "stable"
        log(records, {"phase": phase, "epoch": epoch, **losses, **found, "seconds": time.time() - started})
        keep_state(work, decaying if arguments.decay else stable, epoch, start)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        model = averaged(work)
        about = {"seed": arguments.seed, "epochs": epoch, "decay": arguments.decay, "zero_shot": zero_shot(model, work.tokenizer, work.valid)}
        write(work, model, arguments.out, arguments.tokenizer, about)


if __name__ == "__main__":
    main()
