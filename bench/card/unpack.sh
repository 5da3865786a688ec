#!/bin/sh
# Checks the pieces beside this script, and unpacks the folder mpa-fer-card that they hold: sh unpack.sh [TARGET]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
target=${1:-$here}
mkdir -p "$target"
target=$(cd "$target" && pwd)
cd "$here"
if ! sha256sum --check --quiet SHA256SUMS; then
  echo "a piece is missing or damaged: copy it again; nothing was unpacked" >&2
  exit 1
fi
# In the order of SHA256SUMS, which is that of the archive.
cut -c67- SHA256SUMS | xargs cat | tar -xz -C "$target"
echo "unpacked: sh $target/mpa-fer-card/run.sh"
