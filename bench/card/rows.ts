/** Rows of a table of measurements on a card: our reports, and PyTorch's lines. */
import { z } from "zod";
import type { Work } from "../../src/graph/work.ts";
import type { BenchReport } from "../../src/runs/bench/report.ts";
import { type Arithmetic, cardOf, predict } from "./cards.ts";

export interface Row {
  readonly what: string;
  readonly backbone: string;
  readonly device: string;
  readonly batch: number;
  readonly train?: number;
  readonly predict?: number;
  /** MiB on the card */
  readonly memory?: number;
  /** shares of what the card's figures predict, of training and of prediction */
  readonly shares?: readonly (number | undefined)[];
}

/** What is wrong with a report that fits the schema, in a word to its reader; undefined where nothing is. */
export function faultOf({
  provider,
  nodes,
  train_images_per_s,
  predict_images_per_s,
}: BenchReport): string | undefined {
  if (train_images_per_s === undefined && predict_images_per_s === undefined) return "nothing was timed";
  const others = Object.entries(nodes ?? {}).flatMap(([mode, counts = {}]) =>
    Object.entries(counts).flatMap(([name, count]) =>
      name === provider ? [] : [`${count} nodes of ${mode} on ${name}`],
    ),
  );
  return others.length === 0 ? undefined : `not whole on ${provider}: ${others.join(", ")}`;
}

/** The row of a report. */
export function reportRow(report: BenchReport): Row {
  const { provider, precision, tf32, backbone, adapter, machine, batch, device_mb, work } = report;
  const [train, predicted] = [report.train_images_per_s, report.predict_images_per_s];
  const card = cardOf(adapter ?? "");
  const share = (rate: number | undefined, of: Work | undefined) => {
    const peak = card && of && predict(card, arithmeticOf(report), of, batch);
    return peak === undefined || rate === undefined ? undefined : rate / peak.imagesPerSecond;
  };
  return {
    what: `mpa-fer ${provider} ${precision}${tf32 === "allowed" ? ", TF32" : ""}`,
    backbone: backbone.replace("random:", ""),
    device: adapter ?? machine.processor,
    batch,
    train,
    predict: predicted,
    memory: device_mb,
    ...(card !== undefined && { shares: [share(train, work.train), share(predicted, work.predict)] }),
  };
}

const arithmeticOf = ({ precision, tf32 }: BenchReport): Arithmetic =>
  precision === "fp16" ? "fp16" : tf32 === "allowed" ? "tf32" : "fp32";

/** A line of `bench/peers/train_step.py`. */
const peerLine = z.object({
  peer: z.string(),
  mode: z.enum(["train", "predict"]),
  backbone: z.string(),
  precision: z.string(),
  compile: z.boolean(),
  tf32: z.boolean(),
  device: z.string(),
  device_mb: z.number().nullable(),
  batch: z.int().positive(),
  images_per_s: z.number().positive(),
});

/** The row of a line of PyTorch. Throws where it is none. */
export function peerRow(line: unknown): Row {
  const { peer, mode, backbone, precision, compile, tf32, device, device_mb, batch, images_per_s } =
    peerLine.parse(line);
  const how = `${precision}${tf32 ? ", TF32" : ""}, ${compile ? "compiled" : "eager"}`;
  return {
    ...{ what: `${peer} ${how}`, backbone, device, batch, [mode]: images_per_s },
    ...(device_mb !== null && { memory: device_mb }),
  };
}

const heads = [
  "what",
  "backbone",
  "device",
  "batch",
  "train images/s",
  "predict images/s",
  "card MiB",
  "of the prediction",
];

/** A Markdown table. */
export function rowsTable(rows: readonly Row[]): string {
  const rate = (value: number | undefined) => (value === undefined ? "–" : value.toFixed(2));
  const share = (value: number | undefined) => (value === undefined ? "–" : `${(100 * value).toFixed(0)} %`);
  const cells = rows.map(({ what, backbone, device, batch, train, predict, memory, shares }) => [
    ...[what, backbone, device, String(batch), rate(train), rate(predict)],
    memory === undefined ? "–" : memory.toFixed(0),
    shares === undefined ? "–" : shares.map(share).join(", "),
  ]);
  return [heads, heads.map(() => "---"), ...cells].map((row) => `| ${row.join(" | ")} |\n`).join("");
}
