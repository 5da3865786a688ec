/** CITATION.cff names this version and the paper. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";

const root = join(import.meta.dirname, "..");
const read = (name: string) => readFileSync(join(root, name), "utf8");

it("has the package's version and licence, and the paper's authors", () => {
  const { version, license } = JSON.parse(read("package.json"));
  const citation = parse(read("CITATION.cff"));
  expect(citation).toMatchObject({ "cff-version": "1.2.0", type: "software", version: String(version), license });
  const [paper] = citation.references;
  const names = paper.authors.map((author: Readonly<Record<string, string>>) =>
    [author["given-names"], author["family-names"]].join(" "),
  );
  expect(names).toEqual(["Fuyan Ma", "Yiran He", "Bin Sun", "Shutao Li"]);
});
