/** Images a second against each peer, in alternating steps; a rate is a median, a ratio the median over adjacent pairs. */
import { writeFile } from "node:fs/promises";
import { openBackboneIn } from "../src/clip/backbone.node.ts";
import { writeSafetensors } from "../src/clip/safetensors.ts";
import { initialPrompts, promptShapes } from "../src/method/prompts.ts";
import { benchSchema } from "../src/runs/bench/options.ts";
import { predictionWork, type TimedWork, trainingWork } from "../src/runs/bench/work.ts";
import { Peer, type PeerAnswer } from "./peer.ts";
import { type Mode, type PeerProgram, type PeerSetup, type Precision, peersOf, type Variant } from "./peers.ts";
import { median, quartiles } from "./statistics.ts";

export interface ThroughputRow {
  readonly mode: Mode;
  readonly precision: Precision;
  /** our workload */
  readonly variant: Variant;
  readonly batch: number;
  readonly peer: string;
  readonly images_per_s: number;
  readonly peer_images_per_s: number;
  /** median and quartiles of the ratios of adjacent steps; above 1 the project is faster */
  readonly ratio: number;
  readonly ratio_quartiles: readonly [number, number];
  readonly bar: number;
  readonly step_s: readonly number[];
  readonly peer_step_s: readonly number[];
  /** peak resident memory of the peer's process so far */
  readonly peer_rss_mb: number;
}

export interface ThroughputOptions extends PeerSetup {
  /** backbone, as for `--backbone` */
  readonly name: string;
  readonly pairs: number;
  /** prefixes of the peers to run */
  readonly peers: readonly string[];
}

export async function throughput(
  mode: Mode,
  precision: Precision,
  batch: number,
  options: ThroughputOptions,
  onRow: (row: ThroughputRow) => void,
): Promise<ThroughputRow[]> {
  const { name, threads, init } = options;
  // The peer's hard prompts are those of configuration 2; they are constants, so they do not affect the time.
  const given = { backbone: name, batchSize: batch, threads, hardPrompt: 2, memory: 16e9, precision };
  const whole = benchSchema.config.parse(given);
  const backbone = await openBackboneIn({ precision }, name, {});
  const start = initialPrompts(promptShapes(backbone.clip.config, { ...whole, classes: 8 }), whole.seed);
  await writeFile(init, writeSafetensors(new Map(Object.entries(start)), {}));
  const rows: ThroughputRow[] = [];
  const isWanted = ({ name: peer }: PeerProgram) => options.peers.some((wanted) => peer.startsWith(wanted));
  const programs = (await peersOf(mode, precision, batch, options)).filter(isWanted);
  for (const [program, variant] of programs.flatMap((each) =>
    each.variants.map((variant) => [each, variant] as const),
  )) {
    const config = benchSchema.config.parse({ ...given, variant });
    const work = await (mode === "train" ? trainingWork : predictionWork)(backbone, config);
    const peer = await Peer.start(program.command);
    try {
      const pairs = await takeTurns(work, peer, options.pairs, program);
      rows.push(rowOf({ mode, precision, variant, batch }, program, pairs));
      onRow(rows[rows.length - 1]);
    } finally {
      peer.stop();
      await work.dispose();
    }
  }
  return rows;
}

interface Pair {
  readonly seconds: number;
  readonly answer: PeerAnswer;
}

async function takeTurns(work: TimedWork, peer: Peer, count: number, program: PeerProgram): Promise<Pair[]> {
  await work.step();
  const pairs: Pair[] = [];
  for (let pair = 0; pair < count; pair++) {
    const start = performance.now();
    const losses = await work.step();
    const seconds = (performance.now() - start) / 1000;
    const answer = await peer.step();
    if (program.isSameWork) agree(losses, answer.losses, program.name);
    pairs.push({ seconds, answer });
  }
  return pairs;
}

function rowOf(
  what: Pick<ThroughputRow, "mode" | "precision" | "variant" | "batch">,
  { name, bar }: PeerProgram,
  pairs: readonly Pair[],
): ThroughputRow {
  const [own, theirs] = [pairs.map(({ seconds }) => seconds), pairs.map(({ answer }) => answer.step_s[0])];
  const ratios = own.map((seconds, i) => theirs[i] / seconds);
  const { peer, rss_mb } = pairs[pairs.length - 1].answer;
  return {
    ...what,
    peer: `${name} (${peer})`,
    images_per_s: what.batch / median(own),
    peer_images_per_s: what.batch / median(theirs),
    ratio: median(ratios),
    ratio_quartiles: quartiles(ratios),
    bar,
    step_s: own,
    peer_step_s: theirs,
    peer_rss_mb: rss_mb,
  };
}

/** Throws unless every loss term agrees within 0.1 %. */
function agree(own: Readonly<Record<string, number>>, theirs: Readonly<Record<string, number>>, where: string): void {
  for (const [term, value] of Object.entries(theirs)) {
    // Negated so that a missing term or NaN fails as well.
    if (!(Math.abs(own[term] - value) <= 1e-3 * Math.abs(value))) {
      throw new Error(`${where}: ${term} is ${own[term]} here and ${value} there; the work is not the same`);
    }
  }
}
