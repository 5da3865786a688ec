"""Writes everything under test/fixtures that PyTorch, transformers, Pillow and OpenAI's tokenizer have a say in.

    python tools/fixtures.py              # all of it, in a minute
    python tools/fixtures.py method clip  # some of it

The same packages write the same bytes. See tools/README.md.
"""

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
OUT = ROOT / "test" / "fixtures"

# In this order: the later ones read the tiny backbones that the first one writes.
SCRIPTS = {
    "tiny_clip": ["--out", OUT],
    "clip": ["--out", OUT / "clip", "--backbones", OUT],
    "metrics": ["--out", OUT / "metrics"],
    "neighbours": ["--out", OUT / "neighbours"],
    "event_file": ["--out", OUT / "tensorboard"],
    "method": ["--out", OUT / "method", "--backbones", OUT],
    "learning": ["--out", OUT / "learning"],
    "saliency": ["--out", OUT / "saliency", "--method", OUT / "method", "--backbones", OUT],
    "convert": ["--out", OUT / "convert", "--tokenizer", OUT / "tiny-clip"],
    "preprocess": ["--out", OUT / "preprocess"],
    "tokenizer": ["--model", ROOT / "models" / "faceclip-mini", "--out", OUT / "tokenizer", "--merges", ROOT / "models" / "clip-tokenizer"],
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(SCRIPTS)}; default: all")
    names = parser.parse_args().names or list(SCRIPTS)
    if unknown := set(names) - set(SCRIPTS):
        parser.error(f"no fixtures called {', '.join(sorted(unknown))}")
    for name, arguments in SCRIPTS.items():
        if name in names:
            print(name, flush=True)
            subprocess.run([sys.executable, ROOT / "tools" / "fixtures" / f"{name}.py", *arguments], check=True)


if __name__ == "__main__":
    main()
