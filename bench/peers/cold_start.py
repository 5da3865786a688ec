"""From nothing to the first answer with open_clip: one image, eight prompts, ViT-B/16 weights from a safetensors file.

    python bench/peers/cold_start.py --make FILE --backbone DIR     writes DIR's weights under open_clip's names, once
    python bench/peers/cold_start.py --weights FILE --image FILE    what is timed
"""

import argparse
from pathlib import Path

CLASSES = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
MODEL = "ViT-B-16-quickgelu"


def make(backbone: Path, out: Path) -> None:
    """The tensors of a CLIPModel folder by open_clip's names; their values do not matter to the time."""
    import open_clip
    import torch
    from safetensors.torch import load_file, save_file

    theirs = open_clip.create_model(MODEL).state_dict()
    ours = load_file(backbone / "model.safetensors")
    drawn = torch.cat([value.flatten() for value in ours.values()])
    at, tensors = 0, {}
    for name, value in theirs.items():
        if value.is_floating_point():
            tensors[name] = drawn[at : at + value.numel()].reshape(value.shape).clone()
            at += value.numel()
    save_file(tensors, out)


def first_answer(weights: Path, image: Path) -> str:
    import open_clip
    import torch
    from PIL import Image

    model, _, preprocess = open_clip.create_model_and_transforms(MODEL, pretrained=str(weights))
    model.eval()
    tokens = open_clip.get_tokenizer(MODEL)([f"a photo of a person making a facial expression of {name}" for name in CLASSES])
    with torch.no_grad():
        pixels = preprocess(Image.open(image).convert("RGB")).unsqueeze(0)
        similarity = model.encode_image(pixels, normalize=True) @ model.encode_text(tokens, normalize=True).T
    return CLASSES[similarity.argmax().item()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--make", type=Path)
    parser.add_argument("--backbone", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--image", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    if arguments.make:
        return make(arguments.backbone, arguments.make)
    import torch

    torch.set_num_threads(arguments.threads)
    print(first_answer(arguments.weights, arguments.image))


if __name__ == "__main__":
    main()
