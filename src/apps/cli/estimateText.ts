/** Text of estimates: what a training or an ablation will take, and what would take less. */

import { checkProviders } from "../../graph/runtime/providerCheck.node.ts";
import { durationText } from "../../platform/clock.ts";
import { commandText, shellWord } from "../../platform/command.ts";
import { counted, numberText } from "../../platform/counts.ts";
import type { AblationEstimate } from "../../runs/ablate/estimate.ts";
import type { BenchEstimate, WorkEstimate } from "../../runs/bench/estimate.ts";
import { expectedSeconds } from "../../runs/expectation.ts";
import type { TrainingEstimate } from "../../runs/train/estimate.ts";

/** What could shorten a long run. */
export interface Shortening {
  /** the same call on other providers that work here */
  readonly commands: readonly string[];
}

/** Seconds from which a run on the processor is long. */
export const longSeconds = 2 * 3600;

/** Looks for providers that could shorten a run: those that work here, if it is long and runs on the processor. */
export async function shortening(
  { provider, seconds }: { readonly provider: string; readonly seconds?: number | undefined },
  argv: readonly string[],
): Promise<Shortening> {
  if (provider !== "cpu" || seconds === undefined || seconds <= longSeconds) return { commands: [] };
  const others = (await checkProviders()).filter((check) => check.provider !== "cpu" && check.missing === undefined);
  return { commands: others.map((other) => commandWith(argv, other.provider)) };
}

/** The call with another provider, as words of a shell. */
export function commandWith(argv: readonly string[], provider: string): string {
  const kept = argv.filter(
    (word, i) => word !== "--estimate" && !/^--provider(=|$)/.test(word) && argv[i - 1] !== "--provider",
  );
  return commandText([...kept, "--provider", provider].map(shellWord).join(" "));
}

/** Lines of a training's estimate. */
export function trainingLines(estimate: TrainingEstimate, { commands }: Shortening): string[] {
  const { images, epochs, batchSize, steps, stepsDone, left, validImages, featureImages, seconds, rates } = estimate;
  const rest = stepsDone > 0 ? `, ${numberText(left.steps)} left` : "";
  return [
    `training: ${counted(images, "image")}, ${counted(epochs, "epoch")}, ${counted(steps, "step")} of ${batchSize}${rest}`,
    `validation: ${counted(left.validations, "time")} ${counted(validImages, "image")}`,
    ...(featureImages > 0 ? [`before the first step: features of ${counted(featureImages, "image")}`] : []),
    ...(seconds && rates
      ? [
          `expected time: ${durationText(seconds.total)} (${parts(seconds)}), from ${counted(rates.timedSteps, "timed step")}` +
            ` at ${(batchSize / rates.stepSeconds).toPrecision(3)} images/s`,
        ]
      : ["expected time: the progress line shows it from the first steps on"]),
    memoryLine(estimate),
    `disk: about ${bytes(estimate.diskBytes)}`,
    ...shorterLines(estimate, commands),
  ];
}

const parts = ({ features, steps, validation }: NonNullable<TrainingEstimate["seconds"]>): string =>
  [
    ...(features > 0 ? [`features ${durationText(features)}`] : []),
    `steps ${durationText(steps)}`,
    ...(validation > 0 ? [`validation ${durationText(validation)}`] : []),
  ].join(", ");

function shorterLines(estimate: TrainingEstimate, commands: readonly string[]): string[] {
  const { epochs, steps, images, batchSize, stepsDone, rates, seconds } = estimate;
  if (seconds === undefined || rates === undefined || seconds.total <= longSeconds) return [];
  const fewer = Math.ceil(epochs / 3);
  const fewerSteps = Math.min(steps, fewer * Math.ceil(images / batchSize));
  const shorter = { steps: fewerSteps, images: Math.min(fewer * images, fewerSteps * batchSize), validations: fewer };
  const third = expectedSeconds(
    { ...estimate, epochs: fewer, steps: fewerSteps },
    shorter,
    rates,
    seconds.validation > 0,
  );
  return [
    ...commandLines(commands),
    ...(stepsDone === 0 && fewer < epochs ? [`shorter: --epochs ${fewer} takes ${durationText(third.total)}`] : []),
    sharing,
  ];
}

const sharing = `more machines: --redis URL shares the work with every ${commandText("worker")} (docs/scaling.md); the result has the same bits`;

const commandLines = (commands: readonly string[]): string[] =>
  commands.map(
    (command) =>
      `more than two hours on the processor; a graphics adapter is here (${commandText("doctor")} times it): ${command}`,
  );

/** Seconds from which a benchmark tells what it will take before it goes on. */
export const announcedSeconds = 600;

const benchWork = { train: "training", predict: "prediction" } as const;

/** Line of what the steps of a benchmark will take. */
export const benchTimeLine = (work: keyof typeof benchWork, steps: number, seconds: number): string =>
  `${benchWork[work]}: ${counted(steps, "step")}, expected time ${durationText(seconds)}`;

/** Lines of a benchmark's estimate. */
export function benchLines(
  { train, predict, seconds, timedImages }: BenchEstimate,
  { commands }: Shortening,
): string[] {
  const line = (work: keyof typeof benchWork, estimate: WorkEstimate | undefined) =>
    estimate === undefined
      ? []
      : [`${benchTimeLine(work, estimate.steps, estimate.seconds)}, memory about ${bytes(estimate.bytes)}`];
  return [
    ...line("train", train),
    ...line("predict", predict),
    `expected time: ${durationText(seconds)}, from a timed step of each with ${counted(timedImages, "image")}`,
    ...commandLines(commands),
    ...(seconds > announcedSeconds ? ["shorter: fewer --steps, or a smaller --batch-size"] : []),
  ];
}

/** Lines of an ablation's estimate; `label` names a row. */
export function ablationLines(
  estimate: AblationEstimate,
  { commands }: Shortening,
  label: (row: string) => string = (row) => row,
): string[] {
  const { cells, cellsDone, rows, steps, featureImages, scoredImages, seconds, untimed } = estimate;
  const done = cellsDone > 0 ? `, ${numberText(cellsDone)} of them finished` : "";
  const isLong = seconds !== undefined && seconds > longSeconds;
  return [
    `trainings: ${numberText(cells)} (${counted(rows.length, "row")})${done}; ${counted(steps, "step")} left`,
    ...rows.filter(({ cellsLeft }) => cellsLeft > 0).map((row) => rowLine({ ...row, name: label(row.name) })),
    ...(untimed ? [`not in these figures: ${untimed.join(", ")}, which are not timed`] : []),
    ...(featureImages > 0 ? [`features of ${counted(featureImages, "image")}, computed once for all trainings`] : []),
    ...(scoredImages > 0 ? [`scoring: ${counted(scoredImages, "image")}`] : []),
    seconds === undefined
      ? "expected time: the progress line shows it from the first steps on"
      : `expected time: ${durationText(seconds)}, from timed steps of each kind of row, in this process alone`,
    memoryLine(estimate),
    `disk: about ${bytes(estimate.diskBytes)}`,
    ...(isLong ? [...commandLines(commands), "shorter: fewer --epochs, or fewer --seeds", sharing] : []),
  ];
}

const rowLine = ({ name, cellsLeft, images, epochs, seconds }: AblationEstimate["rows"][number]): string => {
  const time = seconds === undefined ? "" : `, ${durationText(seconds)}`;
  return `  ${name}: ${counted(cellsLeft, "training")} of ${counted(images, "image")}, ${counted(epochs, "epoch")}${time}`;
};

function memoryLine({ memory, provider }: Pick<TrainingEstimate, "memory" | "provider">): string {
  const { microBatch, poolSize, limit } = memory;
  const sessions = poolSize > 1 ? `, ${poolSize} at a time` : "";
  const where = provider === "cpu" ? "" : ` on ${provider}`;
  const runs = `${counted(microBatch, "image")} a run${sessions}`;
  return `memory${where}: about ${bytes(memory.bytes)} (${runs}); --memory allows ${bytes(limit)}`;
}

/** Formats bytes in powers of ten. */
export const bytes = (count: number): string =>
  count >= 1e9
    ? `${(count / 1e9).toFixed(1)} GB`
    : count >= 1e6
      ? `${Math.ceil(count / 1e6)} MB`
      : `${Math.ceil(count / 1e3)} kB`;
