"""face-api.js's expression and landmark networks in PyTorch, with the weights of the npm package @vladmandic/face-api (MIT).

Both are the same four dense blocks of depthwise convolutions on 112 × 112 pixels with a linear layer after them.
"""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from loop import DEVICE, autocast

SIDE = 112
MEAN = (122.782, 117.001, 104.298)
"""subtracted from red, green and blue, of 0 to 255 (face-api.js, FaceFeatureExtractor)"""
ORDER = [0, 1, 6, 2, 3, 5, 4]
"""places of neutral, happiness, surprise, sadness, anger, disgust and fear among its outputs; it does not know contempt"""
BATCH = 64

Weights = dict[str, Tensor]


class FaceApi:
    def __init__(self, package: Path):
        """`package` is the folder of @vladmandic/face-api."""
        self.expressions = weights_of(package / "model", "face_expression_model")
        self.points = weights_of(package / "model", "face_landmark_68_model")

    def expressions_of(self, pixels: Tensor) -> Tensor:
        """Probabilities [n, 7] of grey faces [n, 112, 112] of 0 to 255."""
        return batched(pixels, lambda x: output(self.expressions, x).softmax(1)[:, ORDER])

    def landmarks_of(self, pixels: Tensor) -> Tensor:
        """68 points [n, 68, 2] in units of the side, in the order of the 300-W data set."""
        return batched(pixels, lambda x: output(self.points, x).view(-1, 68, 2))


def enlarged(pixels: Tensor) -> Tensor:
    """Grey bytes [n, h, w] at the networks' size."""
    size = (SIDE, SIDE)
    parts = [F.interpolate(part.float().unsqueeze(1), size=size, mode="bicubic", align_corners=False) for part in pixels.split(512)]
    return torch.cat(parts).squeeze(1).clamp(0, 255)


def weights_of(folder: Path, name: str) -> Weights:
    """The layout of TensorFlow.js: a manifest, and values in the manifest's order, as bytes with scale and offset or as floats."""
    manifest = json.loads((folder / f"{name}-weights_manifest.json").read_text())[0]
    buffer = b"".join((folder / path).read_bytes() for path in manifest["paths"])
    weights, at = {}, 0
    for each in manifest["weights"]:
        count, coded = int(np.prod(each["shape"])), each.get("quantization")
        values = np.frombuffer(buffer, np.uint8 if coded else np.float32, count, at)
        at += values.nbytes
        values = values.astype(np.float32) * coded["scale"] + coded["min"] if coded else values.copy()
        value = torch.from_numpy(values.reshape(each["shape"]))
        if value.ndim == 4:
            # From [h, w, in, out]; a depthwise filter is [h, w, channels, 1].
            value = value.permute(2, 3, 0, 1) if "depthwise" in each["name"] else value.permute(3, 2, 0, 1)
        weights[each["name"]] = value.contiguous().to(DEVICE)
    return weights


@torch.no_grad()
def batched(pixels: Tensor, ask: Callable[[Tensor], Tensor]) -> Tensor:
    with autocast():
        return torch.cat([ask(part.to(DEVICE)).float().cpu() for part in pixels.split(BATCH)])


def output(weights: Weights, pixels: Tensor) -> Tensor:
    x = pixels.float().unsqueeze(1).expand(-1, 3, -1, -1) - torch.tensor(MEAN, device=pixels.device)[:, None, None]
    x = (x / 255).contiguous(memory_format=torch.channels_last)
    for number in range(4):
        x = block(weights, f"dense{number}", x)
    x = F.avg_pool2d(x.float(), 7, 2).flatten(1)
    with torch.autocast(pixels.device.type, enabled=False):
        return x @ weights["fc/weights"] + weights["fc/bias"]


def block(weights: Weights, name: str, x: Tensor) -> Tensor:
    """Each convolution sees the sum of all before it in the block."""
    first = F.relu(convolved(weights, f"{name}/conv0", x, 2))
    second = convolved(weights, f"{name}/conv1", first, 1)
    third = convolved(weights, f"{name}/conv2", F.relu(first + second), 1)
    fourth = convolved(weights, f"{name}/conv3", F.relu(first + second + third), 1)
    return F.relu(first + second + third + fourth)


def convolved(weights: Weights, name: str, x: Tensor, stride: int) -> Tensor:
    x = padded(x, stride)
    if f"{name}/filters" in weights:
        return F.conv2d(x, weights[f"{name}/filters"], weights[f"{name}/bias"], stride=stride)
    depthwise = weights[f"{name}/depthwise_filter"]
    x = F.conv2d(x, depthwise, stride=stride, groups=len(depthwise))
    return F.conv2d(x, weights[f"{name}/pointwise_filter"], weights[f"{name}/bias"])


def padded(x: Tensor, stride: int) -> Tensor:
    """"same" padding of TensorFlow for a kernel of 3: an odd pixel goes to the right and to the bottom."""
    side = x.shape[-1]
    total = max((-(-side // stride) - 1) * stride + 3 - side, 0)
    return F.pad(x, (total // 2, total - total // 2) * 2)
