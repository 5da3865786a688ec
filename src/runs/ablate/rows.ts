/** Rows of an ablation table: the paper's Tables 1–4 (section 4.1; docs/method.md, All together), baselines, or a sweep over any options. */

import { baselines } from "../../method/baselines/baselines.ts";
import { variantNames } from "../../method/variants.ts";
import { MpaError } from "../../platform/errors.ts";
import { camelCase } from "../../platform/options/option.ts";
import { parseConfig } from "../../platform/options/parse.ts";
import { canVary } from "../optionRoles.ts";
import { type TrainConfig, trainSchema } from "../options.ts";
import { defaultMethods, kgcoop } from "./methods.ts";
import type { AblateConfig } from "./options.ts";

export type AblationTable = AblateConfig["table"][0];

/** What a cell is scored on, where it is not the split of its training: options of `evaluate` over the run's own. */
export interface Scoring {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A row of a table, with the options that set it apart. */
export interface Row {
  readonly name: string;
  /** options of `train` */
  readonly options: Readonly<Record<string, unknown>>;
  /** the paper's accuracy in percent, by `--dataset` */
  readonly paper: Readonly<Record<string, number>>;
  /** size of the trainable parameters, "MB" in the paper's Table 4 */
  readonly paperMegabytes?: number;
  /** name of the baseline that the row is; absent if its cells are runs of `train` */
  readonly baseline?: string;
  /** what its cells are scored on; the split of their training if absent */
  readonly scorings?: readonly Scoring[];
}

type RowOptions = Pick<AblateConfig, "table" | "backbones" | "vary"> & Partial<Pick<AblateConfig, "methods">>;

/** Rows of the configured table, in the paper's order. Throws USAGE for a sweep over an option that cannot be varied. */
export function rowsOf(config: RowOptions): readonly Row[] {
  const [table] = config.table;
  return tableRows[table](config);
}

/** Rows whose cells are runs of `train`. */
export const trainedRows = (config: RowOptions): readonly Row[] =>
  rowsOf(config).filter(({ baseline }) => baseline === undefined);

const tableRows: Readonly<Record<AblationTable, (config: RowOptions) => readonly Row[]>> = {
  components: () => components,
  prompts: () => prompts,
  prototypes: () => prototypes,
  backbones: ({ backbones }) =>
    backbones.map((backbone) => ({ name: backbone, options: { backbone }, ...paperBackbone(backbone) })),
  baselines: ({ methods = defaultMethods }) => methods.map(methodRow),
  sweep: ({ vary }) => sweepRows(vary),
};

/** Options that all cells share, so that their runs are comparable: the training and scored images, and the seed. */
const shared: ReadonlySet<string> = new Set<keyof TrainConfig>([
  "data",
  "dataset",
  "labelRule",
  "limit",
  "validLimit",
  "paperProtocol",
  "seed",
]);

/**
 * Rows of a sweep: one for each combination of values, such as those of `lr=0.01,0.032`; the last option varies fastest. Throws USAGE
 * for an empty sweep or an option that cannot be varied.
 */
export function sweepRows(vary: readonly string[]): readonly Row[] {
  if (vary.length === 0) {
    throw new MpaError("USAGE", "a sweep needs something to vary", { fix: "add --vary lr=0.01,0.032 or the like" });
  }
  const options = vary.map((given) => {
    const [name, values] = given.split("=");
    const key = camelCase(name);
    // `checked` rejects unknown options and suggests a similar name.
    const isUnknown = !Object.hasOwn(trainSchema.options.shape, key);
    if (isUnknown || (canVary(key) && !shared.has(key))) return values.split(",").map((value) => ({ name, value }));
    throw new MpaError("USAGE", `a sweep cannot vary ${name}`, { fix: "vary an option of the method or of learning" });
  });
  const product = options.reduce<Choice[][]>(
    (rows, choices) => rows.flatMap((row) => choices.map((choice) => [...row, choice])),
    [[]],
  );
  return product.map((choices) => ({
    name: choices.map(({ name, value }) => `${name}=${value}`).join(" "),
    options: checked(choices),
    paper: {},
  }));
}

interface Choice {
  readonly name: string;
  readonly value: string;
}

/** Options of a row by key, parsed as `train` parses its flags. */
function checked(choices: readonly Choice[]): Readonly<Record<string, unknown>> {
  const flags = Object.fromEntries(choices.map(({ name, value }) => [name, value]));
  const read: Readonly<Record<string, unknown>> = parseConfig("train", trainSchema, {
    flags: { data: "-", dataset: "folder", ...flags },
  });
  return Object.fromEntries(choices.map(({ name }) => [camelCase(name), read[camelCase(name)]]));
}

/** The row of a method in the table of baselines. Options of a baseline only describe its images. */
function methodRow(name: string): Row {
  if (baselines.find(name) !== undefined) return { name, options: { variant: "coop" }, paper: {}, baseline: name };
  return { name, options: name === "kgcoop" ? kgcoop : { variant: name }, paper: {} };
}

/** Table 1; the figures of its last row are also in Tables 2 and 4. */
const components: readonly Row[] = variantNames.map((variant, i) => ({
  name: variant,
  options: { variant },
  paper: {
    "raf-db": [86.15, 88.47, 89.42, 91.18, 92.51][i],
    "affectnet-7": [62.27, 63.9, 65.02, 66.58, 67.85][i],
  },
}));

/**
 * Table 2. Every row appends the hard prompt's text to the soft tokens: without soft-hard alignment, the three prompt configurations
 * would otherwise be identical (docs/method.md, Text features).
 */
const prompts: readonly Row[] = [
  { name: "CoOp", parts: { variant: "coop" }, rafdb: [86.15, 86.59, 87.26], ferplus: [87.48, 88.01, 88.3] },
  {
    name: "CoOp + soft-hard",
    parts: { variant: "+spa", visualPrompts: 0, gamma: 0 },
    rafdb: [87.56, 87.81, 88.69],
    ferplus: [88.88, 89.21, 89.76],
  },
  { name: "MPA", parts: { variant: "mpa", beta: 0 }, rafdb: [89.6, 90.48, 91.01], ferplus: [88.77, 88.94, 89.69] },
  { name: "MPA + soft-hard", parts: { variant: "mpa" }, rafdb: [91.05, 91.87, 92.51], ferplus: [90.17, 90.43, 91.15] },
].flatMap(({ name, parts, rafdb, ferplus }) =>
  [1, 2, 3].map((hardPrompt, i) => ({
    name: `${name} (${hardPrompt})`,
    options: { ...parts, hardPrompt, softText: "hard-prompt" },
    paper: { "raf-db": rafdb[i], ferplus: ferplus[i] },
  })),
);

/** Table 3. */
const prototypes: readonly Row[] = ([1, 4, 16, 32, 64, "all"] as const).map((prototypeImages, i) => ({
  name: String(prototypeImages),
  options: { variant: "mpa", prototypeImages },
  paper: {
    ferplus: [89.87, 90.2, 90.48, 90.75, 91.11, 91.15][i],
    "affectnet-8": [61.41, 61.68, 62.1, 62.59, 62.77, 62.8][i],
  },
}));

/** Figures of Table 4 for a backbone whose name matches one of the paper's. */
function paperBackbone(name: string): Pick<Row, "paper" | "paperMegabytes"> {
  if (/base-patch16|vit-b-16/i.test(name)) {
    const paper = { "raf-db": 92.51, "affectnet-7": 67.85, "affectnet-8": 62.8, ferplus: 91.15 };
    return { paper, paperMegabytes: 0.218 };
  }
  if (/large-patch14(?!-336)|vit-l-14(?!-336)/i.test(name)) {
    const paper = { "raf-db": 93.74, "affectnet-7": 68.89, "affectnet-8": 63.74, ferplus: 91.81 };
    return { paper, paperMegabytes: 0.443 };
  }
  return { paper: {} };
}
