/** Options of `protocol`. */
import { resolve } from "node:path";
import { z } from "zod";
import { datasets } from "../../data/datasets.node.ts";
import { checkLearning } from "../../method/learningOptions.ts";
import { lossOptions, promptOptions } from "../../method/options.ts";
import { type CommandSchema, choice, integer, optionGroup, text } from "../../platform/options/option.ts";
import { ablationOptions, cellOptions } from "../ablate/options.ts";

const protocol = optionGroup("Protocol");

/** Names of the protocols. */
export const protocols = ["few-shot", "base-to-new", "cross-data", "leave-one-class-out", "k-fold"] as const;
export type ProtocolName = (typeof protocols)[number];

const shotsError = "must be whole numbers from 1 with commas between them, such as 1,2,4";
const shots = z
  .union([z.string(), z.number(), z.array(z.number())], { error: shotsError })
  .transform((given) => (Array.isArray(given) ? given : String(given).split(",").map(Number)))
  .refine((given) => given.length > 0 && given.every((count) => Number.isInteger(count) && count >= 1), {
    error: shotsError,
  })
  .refine((given) => new Set(given).size === given.length, { error: "must not name a number twice" });

const otherSet = text("a kind of data set and its folder").refine(
  (given) => datasets.names.includes(given.slice(0, given.indexOf("="))) && !given.endsWith("="),
  { error: "must be a kind of data set and its folder, such as raf-db=DIR" },
);

const protocolOptions = {
  protocol: protocol(z.tuple([choice(protocols)], { error: `must be one of ${protocols.join(", ")}` }), {
    value: "PROTOCOL",
    positional: true,
    role: "result",
    help: "few-shot; base-to-new classes; cross-data; leave-one-class-out; k-fold, by persons where they are named",
  }),
  shots: protocol(shots.optional(), {
    value: "N,N,…",
    role: "result",
    help: "with few-shot: training images a class, drawn by the seed",
    source: "Zhou et al. 2022, CoOp, section 4.1",
    defaultText: "1,2,4,8,16",
  }),
  also: protocol(z.array(otherSet, { error: "must be a list of data sets" }).default([]), {
    value: "KIND=DIR",
    repeatable: true,
    role: "place",
    help: "with cross-data: another data set; each one is trained on, and scored by all",
    source: "our choice",
    defaultText: "none",
  }),
  folds: protocol(integer(3).optional(), {
    value: "K",
    role: "result",
    help: "with k-fold: number of folds; one is scored, the next chooses the epoch, the others train",
    source: "our choice",
    defaultText: "10",
  }),
  ...{ seeds: ablationOptions.seeds, split: ablationOptions.split },
};

const { fold: _fold, ...sharedCellOptions } = cellOptions;

const allOptions = z.strictObject({ ...protocolOptions, ...sharedCellOptions, ...promptOptions, ...lossOptions });

/** The protocol that an option belongs to. */
const owners = { shots: "few-shot", also: "cross-data", folds: "k-fold", persons: "k-fold" } as const;

const protocolConfig = allOptions.transform((given, context) => {
  checkLearning(given, context);
  const [name] = given.protocol;
  const refuse = (key: keyof typeof given, message: string) =>
    context.addIssue({ code: "custom", path: [key], message, input: given[key] });
  for (const key of ["shots", "also", "folds", "persons"] as const) {
    const value = given[key];
    const isGiven = value !== undefined && !(Array.isArray(value) && value.length === 0);
    if (isGiven && owners[key] !== name) refuse(key, `must go with ${owners[key]}`);
  }
  if (name === "cross-data" && given.also.length === 0) refuse("also", "must name another data set for cross-data");
  if (name === "few-shot" && given.limit !== undefined) refuse("limit", "must be left out with few-shot, see --shots");
  if (name === "k-fold" && given.paperProtocol) refuse("paperProtocol", "must be left out with k-fold");
  return {
    ...given,
    // Workers may run in another folder.
    also: given.also.map((each) => {
      const at = each.indexOf("=");
      return `${each.slice(0, at)}=${resolve(each.slice(at + 1))}`;
    }),
    split: name === "k-fold" || given.paperProtocol ? ("test" as const) : given.split,
    out: given.out ?? `runs/${name}-${given.dataset}`,
  };
});

/** Parsed options of `protocol`, with defaults. */
export type ProtocolConfig = Readonly<z.output<typeof protocolConfig>>;
/** Options of `protocol`; `config.parse({…})` checks them and fills in the defaults. */
export const protocolSchema = {
  options: allOptions,
  config: protocolConfig,
} satisfies CommandSchema<ProtocolConfig>;
