"""The image tower of a CLIPModel folder as the ONNX files that Transformers.js reads: single precision and q8.

    python bench/peers/export_vision.py --backbone DIR --out OUT

q8 is ONNX Runtime's dynamic quantisation with unsigned weights, as Transformers.js's own conversion script makes it for
models with a convolution.
"""

import argparse
import shutil
from pathlib import Path

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import CLIPVisionModelWithProjection


class Tower(torch.nn.Module):
    def __init__(self, model: CLIPVisionModelWithProjection):
        super().__init__()
        self.model = model

    def forward(self, pixel_values: torch.Tensor) -> torch.Tensor:
        return self.model(pixel_values=pixel_values).image_embeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backbone", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    model = CLIPVisionModelWithProjection.from_pretrained(arguments.backbone).eval()
    model.set_attn_implementation("eager")
    size = model.config.image_size
    folder = arguments.out / "onnx"
    folder.mkdir(parents=True, exist_ok=True)
    plain = folder / "vision_model.onnx"
    torch.onnx.export(
        Tower(model),
        (torch.randn(2, 3, size, size),),
        plain,
        input_names=["pixel_values"],
        output_names=["image_embeds"],
        dynamic_axes={"pixel_values": {0: "batch"}, "image_embeds": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(plain, folder / "vision_model_quantized.onnx", weight_type=QuantType.QUInt8)
    model.config.architectures = ["CLIPVisionModelWithProjection"]
    model.config.save_pretrained(arguments.out)
    shutil.copyfile(arguments.backbone / "tokenizer.json", arguments.out / "tokenizer.json")


if __name__ == "__main__":
    main()
