/** A table over values of any options of `train`. */
import { camelCase, parseConfig, trainSchema } from "../config.ts";
import { MpaError } from "../errors.ts";
import type { Row } from "./cells.ts";

/** What every cell has of its own, or shares with the others so that they can be compared. */
const fixed: ReadonlySet<string> = new Set([
  ...["data", "dataset", "seed", "out", "resume", "replay", "json", "quiet", "redis", "helpers", "featureCache"],
  ...["limit", "validLimit", "labelRule", "paperProtocol", "memory", "dataWorkers", "reportFaces", "tensorboard"],
]);

/** A row for each combination of `lr=0.01,0.032` and the like, the last option changing first. Throws USAGE. */
export function sweepRows(vary: readonly string[]): readonly Row[] {
  if (vary.length === 0) {
    throw new MpaError("USAGE", "a sweep needs something to vary", undefined, "add --vary lr=0.01,0.032 or the like");
  }
  const options = vary.map((given) => {
    const [name, values] = given.split("=");
    if (!fixed.has(camelCase(name))) return values.split(",").map((value) => ({ name, value }));
    throw new MpaError(
      "USAGE",
      `a sweep cannot vary ${name}`,
      undefined,
      "vary an option of the method or of learning",
    );
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
