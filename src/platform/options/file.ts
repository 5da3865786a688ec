/** Configuration files in JSON or YAML, which map options to values. */
import { z } from "zod";
import { MpaError, messageOf } from "../errors.ts";
import { parseStrictJson } from "../json.ts";
import { recordOf } from "../recordSchema.ts";
import { parseStrictYaml } from "../yaml.ts";

/** Maximum bytes of a configuration file, ten times that of one with every option. */
export const maxConfigBytes = 64 * 1024;

const mapping = recordOf(z.unknown());

/** Parses a configuration without checking its options. The extension of `path` selects the format. Throws CONFIG. */
export function parseConfigFile(content: string, path: string): Record<string, unknown> {
  // Each character takes at least one byte.
  if (content.length > maxConfigBytes) {
    throw new MpaError("CONFIG", `the configuration has more than ${maxConfigBytes} bytes`, {
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
