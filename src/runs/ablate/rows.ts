/** The paper's Tables 1–4 as rows of options (docs/method.md, All together; section 4.1), and sweeps over any. */

import { variantNames } from "../../method/variants.ts";
import { MpaError } from "../../platform/errors.ts";
import { camelCase } from "../../platform/options/option.ts";
import { parseConfig } from "../../platform/options/parse.ts";
import { canVary } from "../optionRoles.ts";
import { type TrainConfig, trainSchema } from "../options.ts";
import type { AblateConfig } from "./options.ts";

/* A table over values of any options of `train`. */

/** What all cells share so that they can be compared: the images that they learn from and are scored on; and the seeds. */
const shared: ReadonlySet<string> = new Set<keyof TrainConfig>([
  "data",
  "dataset",
  "labelRule",
  "limit",
  "validLimit",
  "paperProtocol",
  "seed",
]);

/** A row for each combination of `lr=0.01,0.032` and the like, the last option changing first. Throws USAGE. */
export function sweepRows(vary: readonly string[]): readonly Row[] {
  if (vary.length === 0) {
    throw new MpaError("USAGE", "a sweep needs something to vary", { fix: "add --vary lr=0.01,0.032 or the like" });
  }
  const options = vary.map((given) => {
    const [name, values] = given.split("=");
    const key = camelCase(name);
    // What `train` does not have is told of below, with the name that may have been meant.
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

/** The options by their keys, as `train` reads them. */
function checked(choices: readonly Choice[]): Readonly<Record<string, unknown>> {
  const flags = Object.fromEntries(choices.map(({ name, value }) => [name, value]));
  const read: Readonly<Record<string, unknown>> = parseConfig("train", trainSchema, {
    flags: { data: "-", dataset: "folder", ...flags },
  });
  return Object.fromEntries(choices.map(({ name }) => [camelCase(name), read[camelCase(name)]]));
}

export type AblationTable = AblateConfig["table"][0];

/** A row of a table: what is set apart from what the whole table shares. */
export interface Row {
  readonly name: string;
  /** options of `train` */
  readonly options: Readonly<Record<string, unknown>>;
  /** accuracy in percent that the paper gives for the row, by `--dataset` */
  readonly paper: Readonly<Record<string, number>>;
  /** "MB" of learned values that Table 4 gives for the row */
  readonly paperMegabytes?: number;
}

type RowOptions = Pick<AblateConfig, "table" | "backbones" | "vary">;

/** The rows of a table, in the paper's order. Throws USAGE for a sweep over what cannot be varied. */
export function rowsOf(config: RowOptions): readonly Row[] {
  const [table] = config.table;
  return tableRows[table](config);
}

const tableRows: Readonly<Record<AblationTable, (config: RowOptions) => readonly Row[]>> = {
  components: () => components,
  prompts: () => prompts,
  prototypes: () => prototypes,
  backbones: ({ backbones }) =>
    backbones.map((backbone) => ({ name: backbone, options: { backbone }, ...paperBackbone(backbone) })),
  sweep: ({ vary }) => sweepRows(vary),
};

/** Table 1; the last row also has the figures of Tables 2 and 4. */
const components: readonly Row[] = variantNames.map((variant, i) => ({
  name: variant,
  options: { variant },
  paper: {
    "raf-db": [86.15, 88.47, 89.42, 91.18, 92.51][i],
    "affectnet-7": [62.27, 63.9, 65.02, 66.58, 67.85][i],
  },
}));

/**
 * Table 2. Rows without soft-hard alignment have the hard prompt's text behind the soft tokens, for else the three
 * configurations could not differ there; so do those with it (docs/method.md, Text features).
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

/** Table 4's rows, for backbones that are named after theirs. */
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
