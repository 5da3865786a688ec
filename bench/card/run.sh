#!/bin/sh
# Measures training and prediction on a graphics card, without a network: our runs on each provider and precision, then PyTorch's.
#
#   sh run.sh
#
# Reports are in results/; send that folder in. The environment changes what runs; a run that fails is named in results/failed.txt.
set -u
here=$(cd "$(dirname "$0")" && pwd)
: "${BACKBONES:=random:vit-b-16 random:vit-l-14}"
: "${PROVIDERS:=webgpu cuda}"
: "${PRECISIONS:=}"
: "${BATCH:=32}"
: "${STEPS:=10}"
: "${PYTHON:=python3}"
: "${TORCH_DEVICE:=cuda}"
: "${RESULTS:=$here/results}"
program="$here/app/dist/apps/cli/main.js"
mpa() { "$here/node" "$program" "$@"; }

mkdir -p "$RESULTS"
: >"$RESULTS/failed.txt"
: >"$RESULTS/pytorch.jsonl"

# The Vulkan loader wants a folder for its sockets also where there is no display.
if [ -z "${XDG_RUNTIME_DIR:-}" ]; then
  XDG_RUNTIME_DIR=$(mktemp -d)
  export XDG_RUNTIME_DIR
fi
# CUDA's libraries of PyTorch's wheels, where no others are installed.
wheels=$("$PYTHON" -c 'import glob, site
print(":".join(sorted(folder for root in site.getsitepackages() for folder in glob.glob(root + "/nvidia/*/lib"))))' 2>/dev/null)
if [ -n "$wheels" ]; then
  export LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$wheels"
fi
if [ -z "$PRECISIONS" ]; then
  PRECISIONS=fp32
  if mpa bench --help | grep -q 'fp16'; then PRECISIONS="fp32 fp16"; fi
fi

fail() {
  echo "failed: $1" >&2
  echo "$1" >>"$RESULTS/failed.txt"
}

mpa doctor >"$RESULTS/doctor.txt" 2>&1 || fail doctor
cat "$RESULTS/doctor.txt"

for backbone in $BACKBONES; do
  for provider in $PROVIDERS; do
    for precision in $PRECISIONS; do
      name="$(echo "$backbone" | tr ':/' '--')-$provider-$precision"
      echo "== $name"
      mpa bench --backbone "$backbone" --batch-size "$BATCH" --steps "$STEPS" --hard-prompt 2 --provider "$provider" \
        --precision "$precision" --report "$RESULTS/$name.json" 2>"$RESULTS/$name.log" ||
        fail "$name: $(tail -n 1 "$RESULTS/$name.log")"
    done
  done
done

if ! "$PYTHON" -c 'import numpy, safetensors, torch' 2>/dev/null; then
  fail "pytorch: $PYTHON has not all of numpy, safetensors and torch"
  exit 0
fi
weights=$("$here/node" -p 'require("os").tmpdir()')/mpa-fer-random
for backbone in $BACKBONES; do
  case $backbone in random:*) folder="$weights/${backbone#random:}" ;; *) folder="$backbone" ;; esac
  [ -f "$folder/model.safetensors" ] || { fail "pytorch $backbone: no weights in $folder"; continue; }
  for mode in train predict; do
    for how in "fp32 --tf32" "fp32 --tf32 --compile" "bf16" "bf16 --compile"; do
      echo "== pytorch $backbone $mode $how"
      # shellcheck disable=SC2086
      "$PYTHON" "$here/peers/bench/peers/train_step.py" --backbone "$folder" --tokens "$here/peers/tokens.json" \
        --batch-size "$BATCH" --steps "$STEPS" --device "$TORCH_DEVICE" --mode "$mode" --precision $how \
        >>"$RESULTS/pytorch.jsonl" 2>"$RESULTS/pytorch.log" ||
        fail "pytorch $backbone $mode $how: $(tail -n 1 "$RESULTS/pytorch.log")"
    done
  done
done
cat "$RESULTS/failed.txt"
