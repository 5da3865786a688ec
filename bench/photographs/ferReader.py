"""Reads expressions with the Python package fer: `python ferReader.py [face]`; with `face` each picture is one face that is cut out.

Each line on standard input is the path of a picture; each answer is a line with the CPU milliseconds of this process and the faces.
The package's defaults: OpenCV's cascade finds faces, and an eight-bit network reads them.
"""

import json
import sys
import time

import numpy as np
from fer.fer import FER
from PIL import Image

IS_CUT = "face" in sys.argv[1:]


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def faces_in(reader: FER, path: str) -> list[dict]:
    pixels = np.asarray(Image.open(path).convert("RGB"))[:, :, ::-1].copy()
    height, width, _ = pixels.shape
    found = reader.detect_emotions(pixels, face_rectangles=[(0, 0, width, height)] if IS_CUT else None)
    return [{"box": [float(x) for x in each["box"]], "label": max(each["emotions"], key=each["emotions"].get)} for each in found]


def main() -> None:
    # Beside a box that is the whole picture there is nothing to add.
    reader = FER(offsets=(0, 0)) if IS_CUT else FER()
    say({"ready": True})
    for line in sys.stdin:
        start = time.process_time()
        faces = faces_in(reader, line.rstrip("\n"))
        say({"ms": (time.process_time() - start) * 1000, "faces": faces})


main()
