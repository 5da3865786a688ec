/** Star of network namespaces around a bridge: one host for each process, behind a link of limited rate (Linux, root). */
import { execFileSync, spawn } from "node:child_process";

const bridge = "mpa-br0";
const network = "10.77.0";
const run = (command: string) => execFileSync("sh", ["-c", command], { stdio: ["ignore", "ignore", "pipe"] });
const quietly = (command: string) => {
  try {
    run(command);
  } catch {
    // It did not exist.
  }
};

/** Host with this index in the star. */
export const addressOf = (host: number): string => `${network}.${host + 1}`;
const nameOf = (host: number): string => `mpa-host${host}`;
const outer = (host: number): string => `mpa-veth${host}`;

/** Creates hosts 0 … n−1. */
export function makeNetwork(hosts: number): void {
  removeNetwork(hosts);
  run(`ip link add ${bridge} type bridge && ip link set ${bridge} up`);
  for (let host = 0; host < hosts; host++) {
    const [name, link] = [nameOf(host), outer(host)];
    run(`ip netns add ${name} && ip link add ${link} type veth peer name eth0 netns ${name}`);
    run(`ip link set ${link} master ${bridge} up && ip -n ${name} link set lo up`);
    run(`ip -n ${name} addr add ${addressOf(host)}/24 dev eth0 && ip -n ${name} link set eth0 up`);
  }
}

export function removeNetwork(hosts: number): void {
  for (let host = 0; host < hosts; host++) quietly(`ip netns del ${nameOf(host)}`);
  quietly(`ip link del ${bridge}`);
}

/** Limits every link in bits a second for each direction; large segments are split, as by a real network card. */
export function limitLinks(hosts: number, bits: number): void {
  const bucket = `tbf rate ${bits}bit burst ${Math.max(16_000, Math.round(bits / 8 / 250))} latency 2s`;
  for (let host = 0; host < hosts; host++) {
    run(`tc qdisc replace dev ${outer(host)} root ${bucket}`);
    run(`ip netns exec ${nameOf(host)} tc qdisc replace dev eth0 root ${bucket}`);
  }
}

/** Starts a program on a host. It inherits standard error. */
export const onHost = (host: number, argv: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  spawn("ip", ["netns", "exec", nameOf(host), ...argv], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, ...env },
  });
