/** What a record says of the machine it was written on. */
import { existsSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

/** Extensions that the products of these programs are written for; what is missing decides more than the clock. */
const extensions = ["avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_int8"];

export function machine() {
  const [{ model }] = cpus();
  const known = flags();
  return {
    processor: model,
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 2 ** 30),
    extensions: extensions.filter((name) => known.has(name)),
  };
}

/** As Linux lists them. */
function flags(): ReadonlySet<string> {
  const file = "/proc/cpuinfo";
  const line = existsSync(file) ? /^flags\s*:(.*)$/m.exec(readFileSync(file, "utf8")) : null;
  return new Set(line?.[1].trim().split(" "));
}
