/** Configuration files: JSON or YAML, a mapping of options to values. */
import { parseDocument } from "yaml";
import { z } from "zod";
import { MpaError, messageOf } from "../errors.ts";
import { parseStrictJson } from "../json.ts";

/** Aliases a YAML file may follow; more is an attack that grows without bound, not a configuration. */
const maxAliases = 100;
/** Letters of the longest configuration; all options with their values have a tenth of it. */
const maxLength = 64 * 1024;

/** The options that a file's text sets, unchecked. `path` decides the format by its ending and names the file in errors. */
export function parseConfigFile(content: string, path: string): Record<string, unknown> {
  if (content.length > maxLength) {
    throw new MpaError("CONFIG", `the configuration has more than ${maxLength} letters`, {
      where: path,
      fix: "name another file",
    });
  }
  const text = content.replace(/^\uFEFF/, "");
  const isJson = path.toLowerCase().endsWith(".json");
  const result = z.record(z.string(), z.unknown()).safeParse(isJson ? readJson(text, path) : readYaml(text, path));
  if (result.success) return result.data;
  throw new MpaError("CONFIG", "the configuration is not a mapping of options to values", {
    where: path,
    fix: "write one `option: value` a line",
  });
}

function readJson(text: string, path: string): unknown {
  try {
    return parseStrictJson(text);
  } catch (error) {
    throw new MpaError("CONFIG", `the configuration is not JSON (${messageOf(error)})`, {
      where: path,
      fix: "correct the file",
    });
  }
}

/** YAML 1.2's core schema alone; a tag that it does not know is an error. */
function readYaml(text: string, path: string): unknown {
  try {
    const document = parseDocument(text, { version: "1.2", schema: "core", logLevel: "silent", prettyErrors: false });
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault !== undefined) throw fault;
    return document.toJS({ maxAliasCount: maxAliases });
  } catch (error) {
    throw new MpaError("CONFIG", `the configuration is not YAML (${messageOf(error)})`, {
      where: path,
      fix: "correct the file",
    });
  }
}
