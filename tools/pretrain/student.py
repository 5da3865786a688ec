"""Pre-trains the small CLIP on FER+ training faces, captions from their votes, and the teacher's opinion.

    python tools/pretrain/student.py --data DIR/ferplus --state STATE --epochs 60
    python tools/pretrain/student.py --data DIR/ferplus --state STATE --decay 10 --out OUT

`--start DIR` begins with the weights of another CLIP of the same shape. `--without disgust contempt` never shows faces, votes
or words of these classes, and asks no teacher, since a teacher has seen them; give it a STATE of its own.

The rate stays constant after a warm-up, so that a run can go on as long as there is time: the first call trains up to
`--epochs` and goes on from STATE/student.pt where it is there. The second starts from that state, lets the rate fall to zero
over `--decay` epochs, looks at all patches, and writes the averaged weights to OUT in half precision.
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
from faces import MEAN, STD, Faces, augmented, class_weights, load, plain, tinted, without
from loop import DEVICE, Average, autocast, load_state, log, save_state, scores
from model import IMAGE, WIDTH, build, encode_images, encode_texts, final_tokens, project_images
from teacher import WIDTH as TEACHER_WIDTH
from teacher import Teacher

ROOT = Path(__file__).parents[2]
BATCH, RATE, WARM_UP, WEIGHT_DECAY = 128, 5e-4, 2.0, 0.05
SIGN_WEIGHT, HEAD_WEIGHT, MAP_WEIGHT, TEACHER_SHARE, KEEP, STRENGTH = 0.3, 1.0, 2.0, 0.6, 0.7, 0.7


@dataclass
class Work:
    model: CLIPModel
    head: nn.Linear
    """classifies class tokens; it only helps the image tower to start, and is thrown away"""
    mapping: nn.Linear
    """patch tokens to the first teacher's maps of the same places: 36 lessons a face where its votes are one; thrown away too"""
    tokenizer: CLIPTokenizerFast
    teachers: list[Teacher]
    columns: list[int]
    """the classes that are taught"""
    train: Faces
    valid: Faces
    optimiser: torch.optim.Optimizer
    average: Average


def opinions(teachers: list[Teacher], grey: Tensor) -> tuple[Tensor, Tensor]:
    """Mean probabilities [n, 8], and the first teacher's maps as [n, 36, 192] of unit length."""
    with torch.no_grad(), autocast():
        maps = [teacher.body(grey.contiguous(memory_format=torch.channels_last)) for teacher in teachers]
        probabilities = [teacher.judge(each).float().softmax(1) for teacher, each in zip(teachers, maps)]
    return torch.stack(probabilities).mean(0), F.normalize(maps[0].float().flatten(2).transpose(1, 2), dim=-1)


def loss_of(work: Work, rows: Tensor, keep: float, generator: torch.Generator, rng: random.Random) -> Tensor:
    """Cross entropy of each face against one sentence a class, and against signs that fit several classes."""
    votes = work.train.votes[rows].to(DEVICE)
    grey = augmented(work.train.pixels[rows].to(DEVICE), generator, STRENGTH)
    target = votes * class_weights(work.train.votes).to(DEVICE)
    target = (target / target.sum(1, keepdim=True))[:, work.columns]
    with autocast():
        hidden, kept = final_tokens(work.model, tinted(grey, generator), keep, generator)
        images, guesses = project_images(work.model, hidden[:, 0]), work.head(hidden[:, 0])
    by_map = torch.zeros((), device=DEVICE)
    if work.teachers:
        opinion, maps = opinions(work.teachers, grey)
        target = (1 - TEACHER_SHARE) * target + TEACHER_SHARE * opinion
        if kept is not None:
            maps = maps.gather(1, kept.unsqueeze(-1).expand(-1, -1, maps.shape[2]))
        with autocast():
            guessed = work.mapping(hidden[:, 1:])
        by_map = 1 - F.cosine_similarity(guessed.float(), maps, dim=-1).mean()
    taught = [captions.CLASSES[column] for column in work.columns]
    sentences = [captions.class_caption(name, rng) for name in taught]
    signs = [captions.sign_caption(name, rng) for name in taught for _ in range(3)]
    texts = encode_texts(work.model, work.tokenizer, [*sentences, *(sign.text for sign in signs)])
    logits = work.model.logit_scale.exp().clamp(max=100) * images @ texts.T
    by_class = -(target * logits[:, : len(taught)].log_softmax(1)).sum(1).mean()
    fits = target @ torch.tensor([sign.fits for sign in signs], device=DEVICE)[:, work.columns].T
    by_sign = -(fits / fits.sum(1, keepdim=True) * logits[:, len(taught) :].log_softmax(1)).sum(1).mean()
    by_head = -(target * guesses[:, work.columns].float().log_softmax(1)).sum(1).mean()
    return by_class + SIGN_WEIGHT * by_sign + HEAD_WEIGHT * by_head + MAP_WEIGHT * by_map


def run_epoch(work: Work, epoch: int, seed: int, rate, keep: float) -> float:
    """One pass; `rate` gives the learning rate at a share of the epoch. Returns the mean loss."""
    generator = torch.Generator().manual_seed(1_000_000 * seed + epoch)
    rng = random.Random(1_000_000 * seed + epoch)
    order = torch.randperm(len(work.train.pixels), generator=generator)
    steps = len(order) // BATCH
    total = 0.0
    work.model.train()
    for step in range(steps):
        for group in work.optimiser.param_groups:
            group["lr"] = rate(step / steps)
        loss = loss_of(work, order[step * BATCH : (step + 1) * BATCH], keep, generator, rng)
        work.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for group in work.optimiser.param_groups for p in group["params"]], 1.0)
        work.optimiser.step()
        work.average.update(work.model)
        total += loss.item()
    return total / steps


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
        model.load_state_dict(CLIPModel.from_pretrained(arguments.start).float().state_dict())
    head, mapping = nn.Linear(WIDTH, len(captions.CLASSES)).to(DEVICE), nn.Linear(WIDTH, TEACHER_WIDTH).to(DEVICE)
    trained = [p for part in (model, head, mapping) for p in part.parameters()]
    matrices, others = [p for p in trained if p.ndim >= 2], [p for p in trained if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": WEIGHT_DECAY}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.98))
    train, valid = load(arguments.data, "FER2013Train", False), load(arguments.data, "FER2013Valid", True)
    held_back = [captions.CLASSES.index(name) for name in arguments.without]
    if held_back:
        train = without(train, held_back)
    columns = [column for column in range(len(captions.CLASSES)) if column not in held_back]
    teachers = [] if held_back else [teacher_of(path) for path in sorted(arguments.state.glob("teacher*.pt"))]
    return Work(model, head, mapping, tokenizer, teachers, columns, train, valid, optimiser, Average(model, 0.9985))


def teacher_of(path: Path) -> Teacher:
    teacher = Teacher().to(DEVICE, memory_format=torch.channels_last).eval()
    teacher.load_state_dict(load_state(path)["average"])
    return teacher


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
    path, records = arguments.state / "student.pt", arguments.state / "student.jsonl"
    work = prepare(arguments)
    first = 0
    if state := load_state(path):
        work.model.load_state_dict(state["model"])
        work.head.load_state_dict(state["head"])
        work.mapping.load_state_dict(state["mapping"])
        work.optimiser.load_state_dict(state["optimiser"])
        work.average.values, work.average.steps, first = state["average"], state["average_steps"], state["epoch"]
    started = time.time()
    last = first + arguments.decay if arguments.decay else arguments.epochs
    for epoch in range(first, last):
        if arguments.decay:
            loss = run_epoch(work, epoch, arguments.seed, lambda at: RATE * (1 - (epoch - first + at) / arguments.decay), 1.0)
        else:
            loss = run_epoch(work, epoch, arguments.seed, lambda at: RATE * min(1, (epoch + at + 0.01) / WARM_UP), KEEP)
        found = zero_shot(averaged(work), work.tokenizer, work.valid)
        phase = "decay" if arguments.decay else "stable"
        log(records, {"phase": phase, "epoch": epoch + 1, "loss": loss, **found, "seconds": time.time() - started})
        if not arguments.decay:
            parts = {"model": work.model.state_dict(), "head": work.head.state_dict(), "mapping": work.mapping.state_dict(), "optimiser": work.optimiser.state_dict(), "average": work.average.values}
            save_state(path, **parts, average_steps=work.average.steps, epoch=epoch + 1)
    if arguments.out:
        arguments.out.mkdir(parents=True, exist_ok=True)
        model = averaged(work)
        about = {"seed": arguments.seed, "epochs": last, "decay": arguments.decay, "zero_shot": zero_shot(model, work.tokenizer, work.valid)}
        write(work, model, arguments.out, arguments.tokenizer, about)


if __name__ == "__main__":
    main()
