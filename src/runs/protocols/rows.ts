/** Rows of each protocol: what its cells train on, and what they are scored on. */
import { basename, resolve } from "node:path";
import { loadSplit } from "../../data/datasets.node.ts";
import type { Split } from "../../data/sample.ts";
import { MpaError } from "../../platform/errors.ts";
import type { Row, Scoring } from "../ablate/rows.ts";
import type { ProtocolConfig, ProtocolName } from "./options.ts";

/** A protocol's rows, and sentences on what they have in common. */
export interface ProtocolPlan {
  readonly rows: readonly Row[];
  readonly notes: readonly string[];
  /** whether the hard prompts without training are scored as well, on what the first row is scored on */
  readonly withZeroShot?: true;
}

/** Plans a protocol. Reads lists of images, no image. Throws the errors of `loadSplit`, and DATASET for too few classes. */
export const planOf = (config: ProtocolConfig): Promise<ProtocolPlan> | ProtocolPlan =>
  plans[config.protocol[0]](config);

const plans: Readonly<Record<ProtocolName, (config: ProtocolConfig) => Promise<ProtocolPlan> | ProtocolPlan>> = {
  "few-shot": fewShot,
  "base-to-new": baseToNew,
  "cross-data": crossData,
  "leave-one-class-out": leaveOneClassOut,
  "k-fold": kFold,
};

const row = (name: string, options: Row["options"], scorings?: readonly Scoring[]): Row => ({
  ...{ name, options, paper: {} },
  ...(scorings && { scorings }),
});

/** Validation images a class that choose the epoch, at most (Zhou et al. 2022, CoOp, section 4.1). */
const validationShots = 4;

function fewShot({ shots = [1, 2, 4, 8, 16] }: ProtocolConfig): ProtocolPlan {
  return {
    rows: shots.map((n) => row(String(n), { limit: n, validLimit: Math.min(n, validationShots) })),
    notes: [
      "The seed draws the images of each class; a smaller number is a part of a larger one; a class with fewer images gives all it has.",
      `As many validation images a class, at most ${validationShots}, choose the epoch.`,
      zeroShotNote,
    ],
    withZeroShot: true,
  };
}

async function baseToNew(config: ProtocolConfig): Promise<ProtocolPlan> {
  const { classes } = await trainingSplit(config);
  if (classes.length < 4) throw tooFew(classes, 4, config.data);
  const half = Math.ceil(classes.length / 2);
  const [base, added] = [classes.slice(0, half), classes.slice(half)];
  return {
    rows: [
      row("base classes", { classes: base, context: "unified" }, [
        { name: "base", options: { classes: base } },
        { name: "new", options: { classes: added, newClasses: true } },
      ]),
    ],
    notes: [
      `In the order of the data set, base classes: ${base.join(", ")}; new classes: ${added.join(", ")}.`,
      sharedContext,
      "Each score is among the classes of its half alone.",
      zeroShotNote,
    ],
    withZeroShot: true,
  };
}

const zeroShotNote = "Zero-shot: the hard prompts without training, the same for every seed.";

const sharedContext =
  "All classes share one context (--context unified); before the name of a class that was not trained on stands the same context.";

async function leaveOneClassOut(config: ProtocolConfig): Promise<ProtocolPlan> {
  const { classes } = await trainingSplit(config);
  if (classes.length < 3) throw tooFew(classes, 3, config.data);
  const all = { name: "all classes", options: { classes, newClasses: true } };
  return {
    rows: classes.map((left) =>
      row(left, { classes: classes.filter((each) => each !== left), context: "unified" }, [all]),
    ),
    notes: [
      sharedContext,
      "Scored among all classes; the recall is that of the class that was left out of the training.",
    ],
  };
}

/** Each set by name: its kind, and its folder where a kind comes twice. */
function crossData({ data, dataset, also }: ProtocolConfig): ProtocolPlan {
  const others = also.map((each) => {
    const at = each.indexOf("=");
    return { dataset: each.slice(0, at), data: each.slice(at + 1) };
  });
  // Absolute, so that workers score the same folder.
  const sets = [{ dataset, data: resolve(data) }, ...others];
  const named = sets.map((set, i) => {
    const twins = sets.filter((other) => other.dataset === set.dataset);
    const names = twins.map((twin) => basename(twin.data));
    const ending = new Set(names).size === names.length ? basename(set.data) : String(i + 1);
    return { name: twins.length > 1 ? `${set.dataset} ${ending}` : set.dataset, options: set };
  });
  const scorings = named.map(({ name, options }) => ({ name, options: { ...options, map: true } }));
  return {
    rows: named.map(({ name, options }) => row(name, options, scorings)),
    notes: [
      "Classes are matched by name; images of a class that the model does not know are left out, and so are its classes that the data lacks.",
    ],
  };
}

async function kFold(config: ProtocolConfig): Promise<ProtocolPlan> {
  const { folds = 10, persons, foldSeed = 1 } = config;
  const { samples } = await trainingSplit(config);
  const isByPerson = persons !== undefined || samples.some(({ person }) => person !== undefined);
  return {
    rows: Array.from({ length: folds }, (_, i) => row(`fold ${i + 1}`, { fold: `${i + 1}/${folds}` })),
    notes: [
      isByPerson
        ? "Subject-independent: nobody is in two folds."
        : "The data names no persons (--persons FILE does), so that a person may be in several folds.",
      `${folds} folds of the training images, balanced by class, seed ${foldSeed}; each fold is scored by a model of the others, whose epoch the next fold chooses.`,
    ],
  };
}

const trainingSplit = ({ dataset, data, labelRule, classes }: ProtocolConfig): Promise<Split> =>
  loadSplit(dataset, data, "train", { labelRule, part: { classes } });

const tooFew = (classes: readonly string[], needed: number, where: string) =>
  new MpaError("DATASET", `${classes.length} classes where ${needed} are needed`, {
    where,
    fix: "use another data set",
  });
