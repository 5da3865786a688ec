/** Kinds of values. Each message stands after the option and its value: "--epochs is 0 but must be …". */
import { z } from "zod";

export function integer(least: number) {
  const error = `must be a whole number of at least ${least}`;
  return z.int({ error }).min(least, { error });
}

/** A finite number from `low` on; `open` leaves `low` itself out. */
export function real(low: number, { open = false, below }: { open?: boolean; below?: number } = {}) {
  const error = `must be a number ${open ? "above" : "of at least"} ${low}${below === undefined ? "" : ` and below ${below}`}`;
  const number = open ? z.number({ error }).gt(low, { error }) : z.number({ error }).min(low, { error });
  return below === undefined ? number : number.lt(below, { error });
}

export function choice<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: `must be one of ${values.join(", ")}` });
}

/** The name of something that a registry has when it is asked: plugins add to it. */
export function registered(registry: { readonly names: readonly string[] }) {
  const error = () => `must be one of ${registry.names.join(", ")}`;
  return z.string({ error }).refine((value) => registry.names.includes(value), { error });
}

export function text(what: string) {
  const error = `must be ${what}`;
  return z
    .string({ error })
    .min(1, { error })
    .refine((value) => !value.includes("\0"), { error });
}

/** A loss term's name and weight: `L_entropy=0.1`. */
export function termWeight() {
  return text("a name and a weight").regex(/^L_\w+=(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, {
    error: "must be a name and a weight, such as L_entropy=0.1",
  });
}

/** An address of a server: http or https. */
export function webAddress() {
  const error = "must be an address such as http://127.0.0.1:5000";
  return text("an address").refine((value) => /^https?:/i.test(value) && URL.canParse(value), { error });
}

export function flag() {
  return z.boolean({ error: "must be true or false" });
}

const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};
const leastBytes = 1e6;

/** A size: `4GB` (10⁹), `512MiB` (2²⁰) or a plain number of bytes; at least 1 MB. Gives bytes. */
export function size() {
  const message = "must be a size of at least 1MB, such as 4GB or 512MB";
  return z.union([z.number(), z.string()], { error: message }).transform((given, context) => {
    const bytes = typeof given === "number" ? given : bytesOf(given);
    if (bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= leastBytes) return bytes;
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  });
}

function bytesOf(given: string): number | undefined {
  const parts = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(given.trim());
  const unit = parts === null ? undefined : units[parts[2].toLowerCase()];
  return parts === null || unit === undefined ? undefined : Math.floor(Number(parts[1]) * unit);
}
