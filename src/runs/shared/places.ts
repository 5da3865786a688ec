/** Where things lie, told so that a process on another machine or in another folder finds them. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { z } from "zod";
import { type Option, optionsOf } from "../../platform/options/option.ts";

/** The same options, with absolute paths. Names (of a backbone, of prompts on the hub) and addresses stay as they are. */
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

/** Where a name may stand as well, a path is what is there. */
function isPath({ value: kind = "" }: Option, place: string): boolean {
  const isName = kind.includes("NAME") || /^\w{2,}:/.test(place);
  return /DIR|FILE|PATH/.test(kind) && (!isName || existsSync(place));
}
