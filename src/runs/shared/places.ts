/** Paths in options, made absolute for processes that run in another folder or on another machine. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { z } from "zod";
import { type Option, optionsOf } from "../../platform/options/option.ts";

/** Options with absolute paths. Names (of backbones, of prompts on the hub) and URLs are unchanged. */
export function withAbsolutePaths<Config extends object>(schema: z.ZodObject, config: Config): Config {
  const places = new Map(
    optionsOf(schema).flatMap((option) => (option.role === "place" ? [[option.key, option]] : [])),
  );
  const absolute = Object.entries(config).flatMap(([key, value]) => {
    const option = places.get(key);
    return option !== undefined && typeof value === "string" && isPath(option, value) ? [[key, resolve(value)]] : [];
  });
  return { ...config, ...Object.fromEntries(absolute) };
}

/** Whether a value is a path. If the option also accepts names, only an existing file or folder counts as one. */
function isPath({ value: kind = "" }: Option, place: string): boolean {
  const isName = kind.includes("NAME") || /^\w{2,}:/.test(place);
  return /DIR|FILE|PATH/.test(kind) && (!isName || existsSync(place));
}
