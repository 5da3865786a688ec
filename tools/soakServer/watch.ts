/** Processes of the server as Linux sees them in /proc, and what it says of its own health. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { Sample } from "./demands.ts";

/** Process id of the model; undefined while it is being replaced. */
export function modelOf(server: number): number | undefined {
  try {
    return Number(
      execFileSync("pgrep", ["-P", String(server)], { encoding: "utf8" })
        .trim()
        .split("\n")[0],
    );
  } catch {
    return undefined;
  }
}

/** Memory and descriptors of both processes now; undefined while the model's is being replaced. */
export function sample(server: number, seconds: number): Sample | undefined {
  const model = modelOf(server);
  if (model === undefined) return undefined;
  try {
    return {
      ...{ seconds: Math.round(seconds), server: megabytes(server), model: megabytes(model) },
      ...{ serverDescriptors: descriptors(server), modelDescriptors: descriptors(model) },
    };
  } catch {
    return undefined;
  }
}

/** The median of each figure. */
export function medianOf(samples: readonly Sample[]): Sample {
  const median = (figure: keyof Sample) =>
    samples.map((each) => each[figure]).toSorted((a, b) => a - b)[Math.floor(samples.length / 2)];
  return {
    seconds: median("seconds"),
    ...{ server: median("server"), model: median("model") },
    ...{ serverDescriptors: median("serverDescriptors"), modelDescriptors: median("modelDescriptors") },
  };
}

/** State that the server tells of itself, or "unanswered". */
export async function healthOf(url: URL): Promise<string> {
  try {
    const headers = { Connection: "close" };
    const response = await fetch(new URL("/api/health", url), { headers, signal: AbortSignal.timeout(20_000) });
    const { status }: { status: string } = await response.json();
    return status;
  } catch {
    return "unanswered";
  }
}

/** Gauges of `GET /metrics` that say what is left in the server. */
export async function leftIn(url: URL) {
  const text = await (await fetch(new URL("/metrics", url), { headers: { Connection: "close" } })).text();
  const gauge = (name: string) => Number(new RegExp(`^mpa_fer_${name} (\\d+)$`, "m").exec(text)?.[1]);
  return { queued: gauge("queue_pictures"), bodyBytes: gauge("body_bytes"), replaced: gauge("model_replaced_total") };
}

const megabytes = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1000);
const descriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length;
