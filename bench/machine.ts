/** Description of the machine in a record. */
import { existsSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";

/** CPU extensions that the matrix products use; a missing one matters more than the clock rate. */
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

/** Flags of /proc/cpuinfo. */
function flags(): ReadonlySet<string> {
  const file = "/proc/cpuinfo";
  const line = existsSync(file) ? /^flags\s*:(.*)$/m.exec(readFileSync(file, "utf8")) : null;
  return new Set(line?.[1].trim().split(" "));
}
