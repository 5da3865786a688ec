/** Dependencies: each has a documented reason, a locked hash and a free licence; the build excludes dev dependencies. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";
import { z } from "zod";
import { isFree, readLicences } from "./freeLicences.ts";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
const versions = z.record(z.string(), z.string()).default({});
const manifest = z
  .object({ dependencies: versions, devDependencies: versions, peerDependencies: versions })
  .parse(JSON.parse(read("package.json")));
const locked = z
  .object({
    packages: z.record(
      z.string(),
      z.object({ integrity: z.string().optional(), license: z.string().optional(), resolved: z.string().optional() }),
    ),
  })
  .parse(JSON.parse(read("package-lock.json"))).packages;
const packages = Object.entries(locked).filter(([path]) => path !== "");

it("documents the reason for each one", () => {
  const rows = read("docs/dependencies.md");
  const names = [manifest.dependencies, manifest.devDependencies, manifest.peerDependencies].flatMap(Object.keys);
  expect(names.filter((name) => !rows.includes(`\`${name}\``))).toEqual([]);
});

it("pins each one by its hash, without a download URL", () => {
  expect(packages.filter(([, { integrity }]) => !integrity?.startsWith("sha512-")).map(([path]) => path)).toEqual([]);
  expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});

it("is locked for npm 10 as well; after `npm install`: npx npm@10 install --package-lock-only", () => {
  // npm 11 leaves out optional peers that npm 10, which comes with Node 20 and 22, does not install without.
  expect(Object.keys(locked)).toContain("node_modules/@docsearch/js/node_modules/react");
});

it("builds no file that names a development dependency", () => {
  const config = ts.parseConfigFileTextToJson("tsconfig.build.json", read("tsconfig.build.json")).config;
  const { fileNames } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  expect(fileNames.length).toBeGreaterThan(200);
  const names = Object.keys(manifest.devDependencies).filter((name) => !(name in manifest.peerDependencies));
  expect(names).toContain("tsx");
  const named = new RegExp(`["'\`](?:${names.join("|")})(?:/[^"'\`]*)?["'\`]`, "g");
  const found = fileNames.flatMap((file) =>
    (readFileSync(file, "utf8").match(named) ?? []).map((text) => [file, text]),
  );
  expect(found).toEqual([]);
});

it("has free licences only", () => {
  const licenceOf = (path: string, named = "") => readLicences[path.split("node_modules/").at(-1) ?? ""] ?? named;
  const notFree = packages.filter(([path, { license }]) => !isFree(licenceOf(path, license)));
  expect(notFree.map(([path, { license }]) => [path, license])).toEqual([]);
  expect(isFree("(MIT OR GPL-3.0)")).toBe(true);
  expect(isFree("(MIT AND GPL-3.0)")).toBe(false);
  expect(isFree("")).toBe(false);
});
