"""open_clip's own prediction: images to probabilities over eight text features. ViT-B/16 of random weights.

    python bench/peers/open_clip_step.py --batch-size 8 --precision bf16

Warms up, prints {"ready": true}, and then answers each line "N" on standard input with the seconds of N more steps.
"""

import argparse
import json
import resource
import sys
import time

import open_clip
import torch
import torch.nn.functional as F


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="ViT-B-16-quickgelu")
    parser.add_argument("--batch-size", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    model = open_clip.create_model(arguments.model, precision=arguments.precision).eval()
    dtype = torch.bfloat16 if arguments.precision == "bf16" else torch.float32
    size = model.visual.image_size[0] if isinstance(model.visual.image_size, tuple) else model.visual.image_size
    pixels = torch.randn(arguments.batch_size, 3, size, size, dtype=dtype)
    theta = F.normalize(torch.randn(8, model.text_projection.shape[1], dtype=dtype), dim=-1)

    @torch.no_grad()
    def step() -> float:
        start = time.perf_counter()
        image = model.encode_image(pixels, normalize=True)
        (100 * image @ theta.T).softmax(-1).sum().item()
        return time.perf_counter() - start

    step()
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        if line.strip():
            seconds = [step() for _ in range(int(line))]
            rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            peer = f"open_clip {open_clip.__version__}"
            print(json.dumps({"step_s": seconds, "rss_mb": rss, "losses": {}, "peer": peer}), flush=True)


if __name__ == "__main__":
    main()
