/**
 * What the figures of some graphics cards predict of a training step and a prediction, from the work of the graphs:
 *
 *   npm run bench:paper -- --out docs/records/gpu-on-paper.json
 *
 * Nothing is measured and no card is needed.
 */
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../../src/platform/files.node.ts";
import { versions } from "../../src/platform/package.node.ts";
import { batchWork } from "../../src/runs/bench/batchWork.ts";
import { benchSchema } from "../../src/runs/bench/options.ts";
import { type Arithmetic, cards, predict } from "./cards.ts";

const { values: flags } = parseArgs({
  options: {
    backbones: { type: "string", default: "random:vit-b-16,random:vit-l-14" },
    batch: { type: "string", default: "32" },
    out: { type: "string" },
  },
});
const batch = Number(flags.batch);
const arithmetics: readonly Arithmetic[] = ["fp32", "tf32", "fp16"];
const works = [];
for (const backbone of flags.backbones.split(",")) {
  const { train, predict } = await batchWork(benchSchema.config.parse({ backbone, batchSize: batch }));
  for (const [mode, work] of Object.entries({ train, predict }))
    if (work !== undefined) works.push({ backbone, mode, ...work });
}
const predictions = works.flatMap((work) =>
  cards.flatMap((card) =>
    arithmetics.flatMap((arithmetic) => {
      const predicted = predict(card, arithmetic, work, batch);
      const { backbone, mode } = work;
      return predicted === undefined ? [] : [{ backbone, mode, card: card.name, arithmetic, ...predicted }];
    }),
  ),
);

console.log("| work | batch | GFLOP an image | MB moved an image |\n| --- | --- | --- | --- |");
for (const { backbone, mode, multiplyAdds, bytes } of works) {
  console.log(
    `| ${mode}, ${backbone} | ${batch} | ${((2 * multiplyAdds) / batch / 1e9).toFixed(1)} | ${(bytes / batch / 1e6).toFixed(0)} |`,
  );
}
const heads = works.map(({ backbone, mode }) => `${mode}, ${backbone.replace("random:", "")}`);
console.log(`\n| card | arithmetic | ${heads.join(" | ")} |\n|${" --- |".repeat(heads.length + 2)}`);
for (const card of cards) {
  for (const arithmetic of arithmetics) {
    const cells = works.map((work) => predict(card, arithmetic, work, batch));
    if (cells.every((cell) => cell === undefined)) continue;
    const texts = cells.map((cell) =>
      cell === undefined ? "–" : `${Number(cell.imagesPerSecond.toPrecision(2))} (${cell.boundBy})`,
    );
    console.log(`| ${card.name} | ${arithmetic} | ${texts.join(" | ")} |`);
  }
}
if (flags.out !== undefined) {
  const sources = cards.map(({ name, teraflops, bandwidth, source }) => ({ name, teraflops, bandwidth, source }));
  const record = {
    what: "a prediction from published figures; nothing was measured",
    versions: versions(),
    batch,
    cards: sources,
    works,
    predictions,
  };
  await writeFileAtomic(flags.out, `${JSON.stringify(record, null, 2)}\n`);
}
