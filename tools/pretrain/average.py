"""The mean of the image encoders of several models that were trained from one start ("model soup", Wortsman et al. 2022).

    python tools/pretrain/average.py --out OUT FIRST SECOND ...

Everything else, texts included, is FIRST's; texts.py goes on from OUT.
"""

import argparse
import json
from pathlib import Path

import torch

from folder import opened, write


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    states = [opened(folder)[1].state_dict() for folder in arguments.folders]
    _, model = opened(arguments.folders[0])
    mean = {name: torch.stack([state[name] for state in states]).mean(0) for name in states[0] if is_averaged(name, states[0][name])}
    model.load_state_dict({**states[0], **mean})
    trainings = [json.loads((folder / "pretraining.json").read_text())["image"] for folder in arguments.folders]
    write(model, arguments.folders[0], arguments.out, {"image": trainings})


def is_averaged(name: str, value: torch.Tensor) -> bool:
    return name.startswith("vis") and value.is_floating_point()


if __name__ == "__main__":
    main()
