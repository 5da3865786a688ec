/** Record of the soak, and what it demands of the server. */
import type { Outcome } from "./client.ts";

/** Requests of one kind. */
export interface Tally {
  readonly group: string;
  sent: number;
  /** number of requests by outcome: statuses and ends without one */
  readonly outcomes: Record<string, number>;
  /** requests with an outcome, or an answer, that the kind may not have */
  wrong: number;
}

/** Memory in megabytes and open descriptors, in the server's process and in the model's. */
export interface Sample {
  readonly seconds: number;
  readonly server: number;
  readonly model: number;
  readonly serverDescriptors: number;
  readonly modelDescriptors: number;
}

export interface SoakRecord {
  /** good pictures: answered, turned away with 503 and Retry-After for a while, answered wrongly, and without an answer */
  readonly counts: {
    readonly sent: number;
    readonly accepted: number;
    readonly turnedAway: number;
    readonly wrong: number;
    readonly other: number;
  };
  readonly kinds: Readonly<Record<string, Tally>>;
  /** number of times that each state was read from `GET /api/health` */
  readonly health: Readonly<Record<string, number>>;
  /** medians of each twentieth of the time */
  readonly memory: readonly Sample[];
  /** the idle server before the first request and after the last */
  readonly idle: { readonly before: Sample; readonly after: Sample };
  /** what the server says of itself when it is idle again */
  readonly left: { readonly queued: number; readonly bodyBytes: number; readonly replaced: number };
  readonly kills: number;
  readonly end: { readonly code: number | null; readonly seconds: number };
}

/** Bounds of growth: megabytes from the first tenth of the time to the last, and descriptors. */
export const bounds = { server: 64, model: 64, descriptors: 32, idleDescriptors: 4 };

/** Adds the outcome of a request. */
export function count(tally: Tally, outcome: Outcome, isWrong: boolean): void {
  tally.sent++;
  tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + 1;
  if (isWrong) tally.wrong++;
}

/** Rise of a figure from the first tenth of the time to the last. */
export function riseOf(memory: readonly Sample[], figure: keyof Sample): number {
  const tenth = Math.max(1, Math.round(memory.length / 10));
  const mean = (samples: readonly Sample[]) =>
    samples.reduce((sum, sample) => sum + sample[figure], 0) / Math.max(1, samples.length);
  return mean(memory.slice(-tenth)) - mean(memory.slice(0, tenth));
}

/** Returns a line for each demand that the server did not meet. */
export function failedDemands(record: SoakRecord): string[] {
  const { counts, kinds, health, memory, idle, left, kills, end } = record;
  const idleRise = (figure: "serverDescriptors" | "modelDescriptors") => idle.after[figure] - idle.before[figure];
  const flat = (figure: keyof Sample, bound: number, unit: string) =>
    demand(
      riseOf(memory, figure) <= bound,
      `${figure} rose by ${Math.round(riseOf(memory, figure))} ${unit}, more than ${bound}`,
    );
  return [
    demand(counts.sent > 0, "no good picture was sent"),
    demand(counts.wrong === 0, `${counts.wrong} good pictures had another answer than alone`),
    demand(counts.accepted + counts.wrong + counts.other === counts.sent, "some good pictures are not accounted for"),
    demand(counts.other === 0, `${counts.other} good pictures were not answered`),
    ...Object.entries(kinds).map(([name, { sent, wrong, outcomes }]) =>
      demand(
        wrong === 0,
        `${wrong} of ${sent} requests of the kind "${name}" ended wrongly: ${JSON.stringify(outcomes)}`,
      ),
    ),
    ...Object.entries(kinds).map(([name, { sent }]) => demand(sent > 0, `no request of the kind "${name}" was sent`)),
    demand((health.ok ?? 0) > 0, "the server was never healthy"),
    ...Object.entries(health).map(([state, times]) =>
      demand(state === "ok" || (state === "starting" && kills > 0), `health was "${state}" ${times} times`),
    ),
    flat("server", bounds.server, "MB"),
    flat("model", bounds.model, "MB"),
    flat("serverDescriptors", bounds.descriptors, "descriptors"),
    flat("modelDescriptors", bounds.descriptors, "descriptors"),
    ...(["serverDescriptors", "modelDescriptors"] as const).map((figure) =>
      demand(
        idleRise(figure) <= bounds.idleDescriptors,
        `${figure} of the idle server rose by ${idleRise(figure)}, more than ${bounds.idleDescriptors}`,
      ),
    ),
    demand(left.queued === 0, `${left.queued} pictures were left in the queue`),
    demand(left.bodyBytes === 0, `${left.bodyBytes} bytes of bodies were left`),
    demand(
      left.replaced === kills,
      `the model's process was replaced ${left.replaced} times and killed ${kills} times`,
    ),
    demand(end.code === 0, `the server ended with ${end.code} after SIGTERM`),
  ].filter((line) => line !== undefined);
}

const demand = (isMet: boolean, line: string): string | undefined => (isMet ? undefined : line);
