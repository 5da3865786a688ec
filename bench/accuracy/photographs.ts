/**
 * Which prompts, crop and reads answer best on faces outside FER+ and on FER+ validation, by a choice on one half that is measured
 * on the other; and what the default reaches.
 *
 *   npm run bench:photographs -- --data ../shared/data --out docs/records/photographs.json
 *
 * DATA has the folders `ferplus` and `wild`. Crops and answers are kept in `--cache`, to be deleted when detection, alignment
 * or the backbone change. `--checkpoint NAME=FILE` adds prompts to the comparison.
 */
import { parseArgs } from "node:util";
import { ferClasses } from "../../src/data/sample.ts";
import { bootstrapIntervals } from "../../src/evaluation/intervals.ts";
import { cropShare, type FaceCrop, fiveCrops } from "../../src/faces/face.ts";
import { openModel } from "../../src/method/model.node.ts";
import type { Model } from "../../src/method/model.ts";
import { writeFileAtomic } from "../../src/platform/files.node.ts";
import { machine } from "../machine.ts";
import { certaintyOf, choose, chooseByRecall, figuresOf, temperatureOn, type Variant } from "./choice.ts";
import { type FaceSet, newsFaces, validationFaces } from "./faceSets.ts";
import { type Answers, answersOf, averaged, mixed } from "./reads.ts";

const { values: flags } = parseArgs({
  options: {
    data: { type: "string", default: "../shared/data" },
    cache: { type: "string", default: "runs/photographs" },
    checkpoint: { type: "string", multiple: true, default: [] },
    out: { type: "string" },
  },
});
const { data, cache } = flags;
const runtime = { backbone: "faceclip-mini", hardPrompt: 3, threads: 1, provider: "cpu", precision: "fp32" } as const;
const files: Readonly<Record<string, string | undefined>> = {
  "zero-shot": undefined,
  mpa: "models/faceclip-mini/mpa.safetensors",
  ...Object.fromEntries(flags.checkpoint.map((given) => given.split("=", 2))),
};
/** Sides of the crop in units of that in which landmarks lie as in FER2013. */
const shares = [0.85, 0.9, 0.95, 1];
/** Shares at which crops look most like the mean face of FER+, without a label. */
const candidates = [0.9, 0.95];
/** Shares of the mpa prompts' log-probabilities in mixtures with zero-shot. */
const mixtures = [0.2, 0.3, 0.5];
/** Powers of the training split's class frequencies that probabilities are divided by. */
const powers = [0.1, 0.2];
/** Images of each class in FER+ training under `plurality`. */
const frequencies = [10295, 7526, 3557, 3530, 2463, 191, 655, 168];
/** Numbers that are tried as additions to the logits of the expressions that what ships adds to. */
const additions = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6];
/** Accuracy that an addition may cost on each set. */
const mostLost = 0.01;
/** Temperature of zero-shot before its answers are mixed with others. */
const zeroShotTemperature = 0.5;

const sets = [await validationFaces(data, cache), await newsFaces(data, cache)];
const models = new Map<string, Model>();
for (const [name, checkpoint] of Object.entries(files)) models.set(name, await openModel({ ...runtime, checkpoint }));

const answers = new Map<string, Answers>();
const cropOf = (share: number): FaceCrop => ({ scale: share / cropShare, shift: [0, 0] });
for (const [name, model] of models) {
  for (const set of sets) {
    for (const share of set.name === "news" ? shares : [cropShare]) {
      for (const mirrored of [false, true]) {
        const crop = share === cropShare ? fiveCrops[0] : cropOf(share);
        answers.set(
          `${name} ${set.name} ${share} ${mirrored}`,
          await answersOf(name, model, set, { crop, mirrored, cache }),
        );
      }
    }
  }
  process.stderr.write(`${name}\n`);
}

/** Answers of one model. A validation face is cut out already, so it has one crop. */
function reads(model: string, set: FaceSet, share: number, isFlipped: boolean): Answers {
  const at = (mirrored: boolean) =>
    answers.get(`${model} ${set.name} ${set.name === "news" ? share : cropShare} ${mirrored}`) ?? [];
  return isFlipped ? averaged([at(false), at(true)]) : at(false);
}

const variantOf = (name: string, answersOn: (set: FaceSet) => Answers): Variant => ({
  name,
  answers: Object.fromEntries(sets.map((set) => [set.name, answersOn(set)])),
});

const single: Variant[] = [];
const mixtureVariants: Variant[] = [];
for (const share of shares) {
  for (const isFlipped of [false, true]) {
    const how = `crop ${share}${isFlipped ? ", mirrored as well" : ""}`;
    for (const name of models.keys())
      single.push(variantOf(`${name}, ${how}`, (set) => reads(name, set, share, isFlipped)));
    for (const power of powers) {
      const shift = Float32Array.from(frequencies, (count) => -power * Math.log(count));
      const variant = (set: FaceSet) =>
        mixed([{ answers: reads("zero-shot", set, share, isFlipped), weight: 1 / zeroShotTemperature }], shift);
      single.push(variantOf(`zero-shot over frequency^${power}, ${how}`, variant));
    }
    for (const weight of mixtures) {
      mixtureVariants.push(
        variantOf(`${weight} of mpa with zero-shot, ${how}`, (set) =>
          mixed([
            { answers: reads("mpa", set, share, isFlipped), weight },
            { answers: reads("zero-shot", set, share, isFlipped), weight: (1 - weight) / zeroShotTemperature },
          ]),
        ),
      );
    }
  }
}
const named = (name: string): Variant => {
  const found = single.find((variant) => variant.name === name);
  if (found === undefined) throw new Error(`no variant ${name}`);
  return found;
};
/** Zero-shot in the crop of before, read once. */
const reference = named("zero-shot, crop 1");
const before = named("mpa, crop 1");

const share = (value: number) => Math.round(1e4 * value) / 1e4;
const rounded = (figures: object) =>
  Object.fromEntries(Object.entries(figures).map(([key, value]) => [key, share(value)]));
const figuresOn = (variant: Variant, temperature: number, half?: 0 | 1) =>
  Object.fromEntries(
    sets.map((set) => [set.name, rounded(figuresOf(set, variant.answers[set.name], temperature, half))]),
  );

/** The paired difference in accuracy, with its 95 % bootstrap interval. */
function difference(one: Variant, other: Variant, half?: 0 | 1) {
  const of = (set: FaceSet) => {
    const [a, b] = [one, other].map(({ answers }) => certaintyOf(set, answers[set.name], 1, half).isRight);
    const gains = a.map((right, i) => Number(right) - Number(b[i]));
    const mean = (rows: Int32Array) => rows.reduce((sum, row) => sum + gains[row], 0) / rows.length;
    const [interval] = bootstrapIntervals(gains.length, (rows) => [mean(rows)]);
    return {
      accuracy: share(gains.reduce((sum, gain) => sum + gain, 0) / gains.length),
      interval: interval.map(share),
    };
  };
  return Object.fromEntries(sets.map((set) => [set.name, of(set)]));
}

const nested = ([0, 1] as const).map((half) => {
  const chosen = choose(sets, single, reference, half);
  const temperature = temperatureOn(sets, chosen, half);
  const other = half === 0 ? 1 : 0;
  return {
    ...{ chosenOn: half, chosen: chosen.name, temperature: share(temperature), measuredOn: other },
    figures: figuresOn(chosen, temperature, other),
    zeroShot: figuresOn(reference, 1, other),
    before: figuresOn(before, 1, other),
    againstZeroShot: difference(chosen, reference, other),
  };
});

/** What ships: the file's temperature, mirrored read and adjustment. */
const shippedModel = await openModel({ ...runtime, checkpoint: "models/faceclip-mini/prompts.safetensors" });
const { temperature = 1, flip = false, adjustment = [] } = shippedModel.inference ?? {};
const isAdded = ferClasses.map((_, c) => (adjustment[c] ?? 0) > 0);
const unadjusted = named(`zero-shot, crop ${cropShare}${flip ? ", mirrored as well" : ""}`);
const withLogits = (name: string, answers: Variant["answers"], shift: readonly number[]) =>
  variantOf(name, (set) => mixed([{ answers: answers[set.name], weight: 1 }], Float32Array.from(shift)));
const shipped = withLogits(`${unadjusted.name}, adjusted`, unadjusted.answers, adjustment);
const readOften: Record<string, Answers> = {};
for (const set of sets) {
  const all: Answers[] = [];
  for (const crop of fiveCrops)
    for (const mirrored of [false, true])
      all.push(await answersOf("zero-shot", models.get("zero-shot") ?? shippedModel, set, { crop, mirrored, cache }));
  readOften[set.name] = averaged(all);
}
const careful = withLogits("zero-shot, five crops, mirrored as well, adjusted", readOften, adjustment);

const adjusted = additions.map((addition): Variant & { readonly addition: number } => {
  const shift = isAdded.map((added) => (added ? addition : 0));
  return { addition, ...withLogits(`${unadjusted.name}, ${addition}`, unadjusted.answers, shift) };
});
const nestedAdjustments = ([0, 1] as const).map((half) => {
  const { addition, ...chosen } = chooseByRecall(sets, adjusted, unadjusted, mostLost, half);
  const other = half === 0 ? 1 : 0;
  return {
    ...{ chosenOn: half, chosen: addition, measuredOn: other, figures: figuresOn(chosen, temperature, other) },
    without: figuresOn(unadjusted, temperature, other),
  };
});

/** News faces whose answer is below a threshold, and how many of them are right. */
const [, news] = sets;
const found = certaintyOf(news, shipped.answers.news, temperature);
const unsure = Array.from({ length: 11 }, (_, i) => 0.3 + 0.05 * i).map((threshold) => {
  const below = found.confidence.flatMap((value, row) => (value < threshold ? [found.isRight[row]] : []));
  const near = found.confidence.flatMap((value, row) =>
    value < threshold && value >= threshold - 0.1 ? [found.isRight[row]] : [],
  );
  const right = (rows: readonly boolean[]) =>
    rows.length === 0 ? undefined : share(rows.filter(Boolean).length / rows.length);
  return {
    threshold: share(threshold),
    below: below.length,
    accuracyBelow: right(below),
    accuracyJustBelow: right(near),
  };
});

/** CPU milliseconds of reading eight faces, after the crop: once, and mirrored as well; taken in turns. */
async function readingCost() {
  const faces = 8;
  const pixels = new Float32Array(faces * 3 * shippedModel.preprocess.imageSize ** 2);
  const once = { classifier: await shippedModel.open(faces, { soon: true, flip: false }), times: new Float64Array(50) };
  const twice = { classifier: await shippedModel.open(faces, { soon: true, flip: true }), times: new Float64Array(50) };
  for (let round = -10; round < 50; round++) {
    for (const { classifier, times } of [once, twice]) {
      const before = process.cpuUsage();
      await classifier.classify(pixels, faces);
      const { user, system } = process.cpuUsage(before);
      if (round >= 0) times[round] = (user + system) / 1000;
    }
  }
  await once.classifier.dispose();
  await twice.classifier.dispose();
  return { faces, once: share(once.times.sort()[25]), mirroredAsWell: share(twice.times.sort()[25]) };
}

const record = {
  command: "npm run bench:photographs -- --data ../shared/data --out docs/records/photographs.json",
  machine: machine(),
  classes: ferClasses,
  sets: sets.map(({ name, faces, missed }) => ({ name, faces: faces.length, missed: missed.length })),
  checkpoints: Object.keys(files),
  variants: { single: single.length, mixturesOfTwoModels: mixtureVariants.length },
  references: { zeroShot: figuresOn(reference, 1), before: figuresOn(before, 1) },
  nested,
  shipped: {
    ...{ name: shipped.name, temperature, figures: figuresOn(shipped, temperature) },
    againstZeroShot: difference(shipped, reference),
    againstBefore: difference(shipped, before),
    fitted: share(temperatureOn(sets, shipped)),
  },
  crop: {
    share: cropShare,
    rule: "of the two shares that match the mean face of FER+ without a label, the one with the higher accuracy on these news faces, 0.95 on a tie",
    candidates: Object.fromEntries(
      candidates.map((candidate) => [
        candidate,
        figuresOn(named(`zero-shot, crop ${candidate}, mirrored as well`), temperature),
      ]),
    ),
  },
  adjustment: {
    classes: ferClasses.filter((_, c) => isAdded[c]),
    rule: "added to the logits of these classes, before the temperature: the number with the highest mean UAR over the sets among those that cost at most a point of accuracy on each",
    chosen: chooseByRecall(sets, adjusted, unadjusted, mostLost).addition,
    candidates: Object.fromEntries(adjusted.map((variant) => [variant.addition, figuresOn(variant, temperature)])),
    againstNone: difference(shipped, unadjusted),
    nested: nestedAdjustments,
  },
  careful: { figures: figuresOn(careful, temperature), againstShipped: difference(careful, shipped) },
  unsure,
  readingMilliseconds: await readingCost(),
  /** every variant at temperature 1, on both halves */
  all: [...single, ...mixtureVariants].map((variant) => ({ name: variant.name, ...figuresOn(variant, 1) })),
};
const text = `${JSON.stringify(record, null, 1)}\n`;
if (flags.out === undefined) process.stdout.write(text);
else await writeFileAtomic(flags.out, text);
