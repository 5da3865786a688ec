"""PyTorch's step of the work that `mpa-fer bench` times: variant mpa, eight classes, prompts in all layers.

    python bench/peers/train_step.py --backbone DIR --batch-size 8 --steps 5
    python bench/peers/train_step.py --backbone DIR --serve
    python bench/peers/train_step.py --backbone DIR --tokens FILE --device cuda --tf32 --compile
    python bench/peers/train_step.py --check

DIR is a CLIPModel folder with its tokenizer. Prints one JSON line: median seconds a step, images/s, peak resident memory,
and the loss terms of the last step. With `--serve` it warms up, prints {"ready": true, …}, and then answers each line "N"
on standard input with such a line for N more steps, so that programs can take turns; it ends with its input. The
prompts do not move between steps (as in `mpa-fer bench`) unless `--update` is given, which adds the optimiser.
`--tokens` has the texts' tokens as JSON, {"start", "end", "pad", "texts": {text: ids}}, where transformers is not installed.
`--check` compares losses and gradients with tools/fixtures/reference.py on the tiny CLIP.
"""

import argparse
import json
import resource
import statistics
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools" / "fixtures"))
import formula  # noqa: E402
from mpa_torch import Clip, Prediction, Texts, Training  # noqa: E402

CLASSES = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
HARD = [f"a photo of a person making a facial expression of {name}" for name in CLASSES]
VISUAL_PROMPTS, SOFT_TOKENS, TOP_K = 8, 10, 16
DTYPES = {"fp64": torch.float64, "fp32": torch.float32, "bf16": torch.bfloat16}


class WrittenTokens:
    """A tokenizer of the texts in a file of `--tokens`."""

    def __init__(self, file: Path):
        written = json.loads(file.read_text())
        self.texts = written["texts"]
        self.bos_token_id, self.eos_token_id, self.pad_token_id = (written[name] for name in ("start", "end", "pad"))

    def __call__(self, text: str, add_special_tokens: bool = False) -> dict[str, list[int]]:
        return {"input_ids": self.texts[text]}


def open_tokenizer(arguments: argparse.Namespace):
    if arguments.tokens:
        return WrittenTokens(arguments.tokens)
    from transformers import CLIPTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()
    return CLIPTokenizer.from_pretrained(arguments.backbone)


def first_prompts(clip: Clip, init: Path | None, std: float = 0.02) -> tuple[torch.Tensor, torch.Tensor]:
    """`text.context` [C, M, T] and `vision.prompts` [K, P, V] of a checkpoint, else by the formula."""
    text, vision = clip.config["text_config"], clip.config["vision_config"]
    shapes = {
        "text.context": (len(CLASSES), SOFT_TOKENS, text["hidden_size"]),
        "vision.prompts": (vision["num_hidden_layers"], VISUAL_PROMPTS, vision["hidden_size"]),
    }
    drawn = {name: torch.from_numpy(formula.values(name, shape, 0, std)) for name, shape in shapes.items()}
    given = load_file(init) if init else drawn
    return tuple(given[name].to(clip.device, clip.wide).requires_grad_() for name in shapes)


def images(clip: Clip, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    size = clip.config["vision_config"]["image_size"]
    pixels = torch.from_numpy(formula.values("pixels", (batch, 3, size, size))).to(clip.device, clip.wide)
    return pixels, torch.arange(batch) % len(CLASSES)


def training(clip: Clip, tokenizer) -> Training:
    joint = clip.config["projection_dim"]
    prototypes = torch.from_numpy(formula.values("prototypes", (len(CLASSES), joint), 0, joint**-0.5))
    soft, hard = Texts(clip, tokenizer, CLASSES, SOFT_TOKENS), Texts(clip, tokenizer, HARD)
    return Training(clip, soft, hard, prototypes.to(clip.device, clip.wide), TOP_K)


def training_step(arguments: argparse.Namespace, clip: Clip, tokenizer):
    """A function that does one step and gives the loss terms."""
    learned = first_prompts(clip, arguments.init)
    pixels, labels = images(clip, arguments.batch_size)
    work = training(clip, tokenizer)
    forward = torch.compile(work.__call__, dynamic=False) if arguments.compile else work
    optimiser = torch.optim.SGD(learned, lr=0.032, momentum=0.9, weight_decay=5e-4)

    def step() -> dict[str, float]:
        terms = forward(*learned, pixels, labels)
        optimiser.zero_grad(set_to_none=True)
        terms["L_total"].backward()
        if arguments.update:
            optimiser.step()
        return {name: value.item() for name, value in terms.items()}

    return step


def prediction_step(arguments: argparse.Namespace, clip: Clip, tokenizer):
    context, prompts = first_prompts(clip, arguments.init)
    work = Prediction(clip, Texts(clip, tokenizer, CLASSES, SOFT_TOKENS), context, prompts, TOP_K)
    pixels, _ = images(clip, arguments.batch_size)
    forward = work
    if arguments.compile:
        from torch._inductor import config as inductor

        # Weights become constants that are laid out for the products once.
        inductor.freezing = True
        forward = torch.compile(work.__call__, dynamic=False)

    def step() -> dict[str, float]:
        with torch.no_grad():
            return {"probability": forward(pixels)[0, 0].item()}

    return step


def measure(arguments: argparse.Namespace, step, steps: int) -> dict:
    seconds, losses = [], {}
    for _ in range(steps):
        start = time.perf_counter()
        losses = step()
        seconds.append(time.perf_counter() - start)
    median = statistics.median(seconds)
    return {
        "peer": f"pytorch {torch.__version__}",
        "mode": arguments.mode,
        "precision": arguments.precision,
        "compile": arguments.compile,
        "tf32": arguments.tf32,
        "backbone": arguments.backbone.name,
        "device": torch.cuda.get_device_name() if arguments.device == "cuda" else arguments.device,
        "device_mb": torch.cuda.max_memory_reserved() // 2**20 if arguments.device == "cuda" else None,
        "batch": arguments.batch_size,
        "threads": torch.get_num_threads(),
        "images_per_s": arguments.batch_size / median,
        "seconds_per_step": median,
        "step_s": seconds,
        "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "loss": losses.get("L_total"),
        "losses": losses,
    }


def serve(arguments: argparse.Namespace, step) -> None:
    print(json.dumps({"ready": True, "warm_up_s": measure(arguments, step, 2)["step_s"]}), flush=True)
    for line in sys.stdin:
        if line.strip():
            print(json.dumps(measure(arguments, step, int(line))), flush=True)


def check() -> None:
    """Losses and gradients against the literal implementation, relative to the largest value of each."""
    import reference

    folder = ROOT / "test" / "fixtures" / "tiny-clip"
    slow = reference.load_clip(folder)
    worst = {}
    for precision in ("fp64", "fp32"):
        clip = Clip(folder, DTYPES[precision])
        learned = first_prompts(clip, None, std=0.3)
        pixels, labels = images(clip, 5)
        work = training(clip, slow.tokenizer)
        terms = work(*learned, pixels, labels)
        found = dict(zip(("text.context", "vision.prompts"), torch.autograd.grad(terms["L_total"], learned)))
        target = torch.nn.functional.one_hot(labels, len(CLASSES)).double()
        task = reference.Task(
            reference.VARIANTS["mpa"],
            reference.tokenize(slow, CLASSES, SOFT_TOKENS),
            reference.tokenize(slow, HARD),
            work.prototypes.double(),
        )
        named = {name: value.detach().double() for name, value in zip(found, learned)}
        truth, gradients = reference.gradients(slow, task, named, reference.Batch(pixels.double(), target, labels.tolist()))
        with torch.no_grad():
            texts = Texts(clip, slow.tokenizer, CLASSES, SOFT_TOKENS)
            found["probabilities"] = Prediction(clip, texts, *learned, TOP_K)(pixels)
        expected = {**gradients, "probabilities": truth["logits"].softmax(-1), **{name: truth[name] for name in terms}}
        errors = {name: relative_error(value, expected[name]) for name, value in {**found, **terms}.items()}
        worst[precision] = max(errors.values())
        print(json.dumps({"precision": precision, "relative_errors": errors}))
    if worst["fp64"] > 1e-10 or worst["fp32"] > 1e-5:
        sys.exit("the peer does not agree with reference.py")


def relative_error(value: torch.Tensor, truth: torch.Tensor) -> float:
    return ((value.double() - truth).abs().max() / truth.abs().max()).item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", type=Path)
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=DTYPES, default="fp32")
    parser.add_argument("--mode", choices=["train", "predict"], default="train")
    parser.add_argument("--init", type=Path, help="safetensors with text.context and vision.prompts")
    parser.add_argument("--compile", action="store_true")
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--tf32", action="store_true", help="allow TF32 to products of single precision")
    parser.add_argument("--tokens", type=Path)
    parser.add_argument("--update", action="store_true", help="let the optimiser move the prompts")
    parser.add_argument("--serve", action="store_true")
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.set_flush_denormal(True)
    # The towers make their index tensors where they compute.
    torch.set_default_device(arguments.device)
    torch.set_float32_matmul_precision("high" if arguments.tf32 else "highest")
    torch.backends.cudnn.allow_tf32 = arguments.tf32
    if arguments.check:
        return check()
    if arguments.backbone is None:
        parser.error("--backbone is needed")
    clip = Clip(arguments.backbone, DTYPES[arguments.precision])
    tokenizer = open_tokenizer(arguments)
    step = (training_step if arguments.mode == "train" else prediction_step)(arguments, clip, tokenizer)
    if arguments.serve:
        return serve(arguments, step)
    measure(arguments, step, 1)
    print(json.dumps(measure(arguments, step, arguments.steps)))


if __name__ == "__main__":
    main()
