/** Imports go one way: a room imports only from rooms above it (and the page of no room). */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { expect, it } from "vitest";

const source = join(import.meta.dirname, "../src");
/** Top to bottom. Files that stand alone in src/ are rooms of their own. */
const rooms = [
  [
    "errors",
    "random",
    "progress",
    "runContext",
    "strictJson",
    "readBytes",
    "network",
    "patientFetch",
    "registry",
    "pluginRecord",
  ],
  ["files", "folders", "folderLock", "fileStream", "freeName"],
  ["redis", "storage"],
  ["data"],
  ["config"],
  ["preprocess"],
  ["graph"],
  ["runtime"],
  ["faces"],
  ["hub"],
  ["model", "convert"],
  ["losses"],
  ["trainer"],
  ["parallel"],
  ["evaluation"],
  ["explanation"],
  ["report"],
  ["callbacks"],
  ["experiment"],
  ["recognise", "export"],
  ["plugins"],
  ["publish"],
  ["teach"],
  ["ablation", "doctor"],
  ["describe"],
  ["worker"],
  ["demo"],
  ["serve"],
  ["cli"],
  ["everywhere"],
  ["index", "browser"],
  ["page"],
];

const roomOf = (file: string): number => {
  const [first] = relative(source, file)
    .replace(/(\.test)?\.ts$/, "")
    .split("/");
  const level = rooms.findIndex((names) => names.includes(first));
  if (level < 0) throw new Error(`${first} is no room: add it to the list`);
  return level;
};

const files = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => name.endsWith(".ts"))
  .map((name) => join(source, name));

it("no import goes up", () => {
  const upward = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)]
      .map(([, specifier]) => join(dirname(file), specifier))
      .filter((target) => target.startsWith(source) && target.endsWith(".ts") && roomOf(target) > roomOf(file))
      .map((target) => `${relative(source, file)} imports ${relative(source, target)}`),
  );
  expect(upward).toEqual([]);
});
