/** Groups of training options by role: those that determine the result, that a replay repeats, that are published or recorded. */
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

/** Options by camelCase key, as in a configuration or manifest. */
export type Options = Readonly<Record<string, unknown>>;

const keysOf = (passes: (info: OptionInfo) => boolean) => optionKeys(trainSchema.options, passes);
const entriesOf = (options: Options, passes: (key: string) => boolean): Options =>
  Object.fromEntries(Object.entries(options).filter(([key]) => passes(key)));

const deciding = keysOf(decidesResult);
const results = keysOf(({ role }) => role === "result");
const inputs = keysOf(isInput);
const places = keysOf(({ role }) => role === "place");
const perCall = keysOf((info) => info.perCall === true);
const published = keysOf(({ role, perCall }) => role !== "place" && !perCall);

/** Options that determine a run's result, including the paths of its inputs, in the order of the configuration. */
export const resultOptions = (config: Options): Options => entriesOf(config, (key) => deciding.has(key));

/** Descriptions of the options, other than inputs, that make two runs differ: each flag with its past and current value. */
export const differingOptions = (past: Options, now: Options): string[] =>
  optionsOf(trainSchema.options)
    .filter(({ key }) => results.has(key) && JSON.stringify(past[key]) !== JSON.stringify(now[key]))
    .map((option) => difference(option, past[option.key], now[option.key]));

/** Configuration with the input paths of a past run. */
export const withInputsOf = (config: TrainConfig, past: Options): TrainConfig => ({
  ...config,
  ...entriesOf(past, (key) => inputs.has(key) && Object.hasOwn(config, key)),
});

/** Options of a past run without those that apply to a single call. */
export const repeatedOptions = (past: Options): Options => entriesOf(past, (key) => !perCall.has(key));

/** Options of a run that are safe to publish: no paths or addresses, and no unknown keys. */
export const publishedOptions = (past: Options): Options => entriesOf(past, (key) => published.has(key));

/** Whether an option can be varied in a sweep, that is, whether it determines the result. */
export const canVary = (key: string): boolean => deciding.has(key);

/** Configuration to record: URLs without user names and passwords, because manifests are shared and published. */
export const recordedConfig = (config: TrainConfig): TrainConfig => ({
  ...config,
  ...Object.fromEntries(
    Object.entries(config).flatMap(([key, value]) =>
      places.has(key) && typeof value === "string" && isAddress(value) ? [[key, withoutSecrets(value)]] : [],
    ),
  ),
});

/** Whether a place is a URL, as `--redis` and `--mlflow` take; `hub:ORG/NAME` and `random:vit-b-16` are names. */
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
