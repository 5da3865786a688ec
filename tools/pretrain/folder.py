"""CLIPModel folders: the size of their patches, opened, and written after a further step of training."""

import json
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file
from transformers import AutoTokenizer, CLIPModel, CLIPTokenizerFast

from loop import DEVICE
from model import build, with_patches


def patch_of(folder: Path) -> int:
    return json.loads((folder / "config.json").read_text())["vision_config"]["patch_size"]


def opened(folder: Path, patch: int | None = None) -> tuple[CLIPTokenizerFast, CLIPModel]:
    """The tokenizer, and the model in single precision; `patch` resamples it to patches of another size."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    before = patch_of(folder)
    state = CLIPModel.from_pretrained(folder).float().state_dict()
    model = build(tokenizer, patch or before)
    model.load_state_dict(state if patch in (None, before) else with_patches(state, patch))
    return tokenizer, model.to(DEVICE).eval()


def write(model: CLIPModel, start: Path, out: Path, made: dict) -> None:
    """START's folder with other weights, and with what `made` says added to its pretraining.json.

    START's prompts are left out: they belong to START's weights.
    """
    out.mkdir(parents=True, exist_ok=True)
    for path in start.iterdir():
        if path.suffix in (".json", ".txt"):
            shutil.copyfile(path, out / path.name)
    config = json.loads((start / "config.json").read_text())
    config["vision_config"]["patch_size"] = model.config.vision_config.patch_size
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    before, now = load_file(start / "model.safetensors"), model.state_dict()
    # START's names and precision; position_ids and other buffers that transformers makes itself are not among them.
    weights = {name: now[name].to(value.dtype).cpu().contiguous() for name, value in before.items()}
    save_file(weights, out / "model.safetensors", metadata={"format": "pt"})
    described = json.loads((start / "pretraining.json").read_text())
    (out / "pretraining.json").write_text(json.dumps({**described, **made}, indent=1) + "\n")
