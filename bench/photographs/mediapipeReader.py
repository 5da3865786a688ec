"""Finds faces with MediaPipe: `python mediapipeReader.py RANGE`, RANGE being "short" (faces that are near) or "full".

Each line on standard input is the path of a picture; each answer is a line with the CPU milliseconds of this process and the faces.
Their labels are null: the detectors that the package holds read no expressions.
"""

import json
import sys
import time

import mediapipe
import numpy as np
from PIL import Image


def say(message: dict) -> None:
    print(json.dumps(message), flush=True)


def boxes_in(detector: mediapipe.solutions.face_detection.FaceDetection, path: str) -> list[list[float]]:
    pixels = np.asarray(Image.open(path).convert("RGB"))
    height, width, _ = pixels.shape
    found = detector.process(pixels).detections or []
    boxes = [detection.location_data.relative_bounding_box for detection in found]
    return [[box.xmin * width, box.ymin * height, box.width * width, box.height * height] for box in boxes]


def main() -> None:
    selection = {"short": 0, "full": 1}[sys.argv[1]]
    detector = mediapipe.solutions.face_detection.FaceDetection(model_selection=selection)
    say({"ready": True})
    for line in sys.stdin:
        start = time.process_time()
        boxes = boxes_in(detector, line.rstrip("\n"))
        milliseconds = (time.process_time() - start) * 1000
        say({"ms": milliseconds, "faces": [{"box": box, "label": None} for box in boxes]})


main()
