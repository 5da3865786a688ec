/** Configuration files: JSON or YAML, a mapping of options to values. */
import { z } from "zod";
import { MpaError, messageOf } from "../errors.ts";
import { parseStrictJson } from "../json.ts";
import { recordOf } from "../recordSchema.ts";
import { parseStrictYaml } from "../yaml.ts";

/** Maximum length of a configuration file in characters, about ten times that of a file with all options. */
const maxLength = 64 * 1024;

const mapping = recordOf(z.unknown());

/** Parses a configuration file without checking its values. The extension of `path` selects the format; errors name it. */
export function parseConfigFile(content: string, path: string): Record<string, unknown> {
  if (content.length > maxLength) {
    throw new MpaError("CONFIG", `the configuration has more than ${maxLength} letters`, {
      where: path,
      fix: "name another file",
    });
  }
  const text = content.replace(/^\uFEFF/, "");
  const result = mapping.safeParse(parse(text, path));
  if (result.success) return result.data;
  throw new MpaError("CONFIG", "the configuration is not a mapping of options to values", {
    where: path,
    fix: "write one `option: value` a line",
  });
}

function parse(text: string, path: string): unknown {
  const isJson = path.toLowerCase().endsWith(".json");
  try {
    return isJson ? parseStrictJson(text) : parseStrictYaml(text);
  } catch (cause) {
    throw new MpaError("CONFIG", `the configuration is not ${isJson ? "JSON" : "YAML"} (${messageOf(cause)})`, {
      where: path,
      fix: "correct the file",
      cause,
    });
  }
}
