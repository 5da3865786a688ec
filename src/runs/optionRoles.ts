/** What of a training's options decides its result, is taken over by a replay, told and recorded: read off their roles. */

import { withoutSecrets } from "../platform/network.node.ts";
import {
  decidesResult,
  flagOf,
  isInput,
  type Option,
  type OptionInfo,
  optionKeys,
  optionsOf,
} from "../platform/options/option.ts";
import { type TrainConfig, trainSchema } from "./options.ts";

/** Options by camelCase key, as a configuration or a record has them. */
export type Options = Readonly<Record<string, unknown>>;

const keysOf = (passes: (info: OptionInfo) => boolean) => optionKeys(trainSchema.options, passes);
const entriesOf = (options: Options, passes: (key: string) => boolean): Options =>
  Object.fromEntries(Object.entries(options).filter(([key]) => passes(key)));

const deciding = keysOf(decidesResult);
const results = keysOf(({ role }) => role === "result");
const inputs = keysOf(isInput);
const places = keysOf(({ role }) => role === "place");
const perCall = keysOf((info) => info.perCall === true);
const told = keysOf(({ role, perCall }) => role !== "place" && !perCall);

/** The options that decide a run's result, inputs by the place where they lie; in the order of the configuration. */
export const resultOptions = (config: Options): Options => entriesOf(config, (key) => deciding.has(key));

/** The options by which two runs have different results, whatever their inputs are: each by its flag, then and now. */
export const differingOptions = (past: Options, now: Options): string[] =>
  optionsOf(trainSchema.options)
    .filter(({ key }) => results.has(key) && JSON.stringify(past[key]) !== JSON.stringify(now[key]))
    .map((option) => difference(option, past[option.key], now[option.key]));

/** The same options, with their inputs where they lay in another run. */
export const withInputsOf = (config: TrainConfig, past: Options): TrainConfig => ({
  ...config,
  ...entriesOf(past, (key) => inputs.has(key) && Object.hasOwn(config, key)),
});

/** The options of a run that was made before, but for those that were of its call alone. */
export const repeatedOptions = (past: Options): Options => entriesOf(past, (key) => !perCall.has(key));

/** The options of a run that may be shown to anybody: without places, and without what is not known to be none. */
export const toldOptions = (past: Options): Options => entriesOf(past, (key) => told.has(key));

/** Whether runs can be compared over values of an option: it decides their result. */
export const canVary = (key: string): boolean => deciding.has(key);

/** Addresses without the names and passwords that they may hold: records are kept, shared and published. */
export const recordedConfig = (config: TrainConfig): TrainConfig => ({
  ...config,
  ...Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      places.has(key) && typeof value === "string" && isAddress(value) ? [[key, withoutSecrets(value)]] : [],
    ),
  ),
});

/** What `--redis` and `--mlflow` take; `hub:ORG/NAME` and `random:vit-b-16` are names. */
const isAddress = (place: string): boolean => /^(https?:|[a-z][a-z\d+.-]+:\/\/)/i.test(place);

function difference(option: Option, past: unknown, now: unknown): string {
  const shown = (value: unknown) => {
    if (option.isFlag) return (value ?? option.default) === option.default ? "not given" : "given";
    return typeof value === "string" || typeof value === "number"
      ? String(value)
      : (JSON.stringify(value) ?? "not given");
  };
  return `${flagOf(option)} (${shown(past)} then, ${shown(now)} now)`;
}
