"""Writes a CLIP of a full architecture with random weights, as OpenAI or OpenCLIP would publish it, and its features.

    python tools/full_clip.py --arch ViT-B-16 --kind openai --out DIR

DIR/model.pt (openai: a TorchScript archive; openclip: a state dict) or, with --kind safetensors, DIR/model.safetensors with
DIR/open_clip_config.json; and DIR/features.safetensors, float32: pixels [1,3,S,S], tokens [2,77] as floats, image [1,E] and text
[2,E], normalised, of the weights as they were written (half precision for openai) and computed in single precision.
"""

import argparse
import json
import warnings
from pathlib import Path

import open_clip
import torch
from safetensors.torch import save_file


def tokens() -> torch.Tensor:
    rows = torch.zeros(2, 77, dtype=torch.long)
    for row, words in enumerate((9, 75)):
        rows[row, : words + 2] = torch.tensor([49406, *[(7919 * j + 104729 * row + 17) % 49406 for j in range(words)], 49407])
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", required=True)
    parser.add_argument("--kind", choices=["openai", "openclip", "safetensors"], required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    quick = arguments.kind == "openai"
    model = open_clip.create_model(f"{arguments.arch}-quickgelu" if quick else arguments.arch, pretrained=None, force_quick_gelu=quick)
    model = model.eval().requires_grad_(False)
    # An untrained model's blocks hardly change their input; larger weights let every one of them count.
    for name, weight in model.named_parameters():
        if weight.ndim == 2 and "resblocks" in name:
            weight.mul_(2)
    size = model.visual.image_size
    size = size[0] if isinstance(size, tuple) else size
    pixels = torch.randn(1, 3, size, size)
    if quick:
        model.half().float()
        example = {"encode_image": (pixels,), "encode_text": (tokens(),)}
        script = torch.jit.trace_module(model, example, check_trace=False)
        torch.jit.save(script.half(), arguments.out / "model.pt")
        model.float()
    elif arguments.kind == "openclip":
        torch.save({"state_dict": {f"module.{key}": value for key, value in model.state_dict().items()}}, arguments.out / "model.pt")
    else:
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, arguments.out / "model.safetensors")
        config = {"model_cfg": open_clip.get_model_config(arguments.arch), "preprocess_cfg": {}}
        (arguments.out / "open_clip_config.json").write_text(json.dumps(config))
    found = {"image": model.encode_image(pixels, normalize=True), "text": model.encode_text(tokens(), normalize=True)}
    tensors = {"pixels": pixels, "tokens": tokens(), **found}
    save_file({key: value.float().contiguous() for key, value in tensors.items()}, arguments.out / "features.safetensors")


if __name__ == "__main__":
    main()
