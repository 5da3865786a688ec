/** `npm run licences`: lists the licences of all runtime packages; fails if one is not known to be free. */
import { execFileSync } from "node:child_process";
import { z } from "zod";
import { isFree } from "../test/freeLicences.ts";

const licence = z.union([
  z.object({ license: z.object({ id: z.string().optional(), name: z.string().optional() }) }),
  z.object({ expression: z.string() }),
]);
const bill = z.object({
  components: z.array(z.object({ name: z.string(), version: z.string(), licenses: z.array(licence).default([]) })),
});

const text = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev"], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "ignore"],
});
const rows = bill.parse(JSON.parse(text)).components.map(({ name, version, licenses }) => ({
  name: `${name} ${version}`,
  licence: licenses
    .map((each) => ("expression" in each ? each.expression : (each.license.id ?? each.license.name ?? "")))
    .join(" AND "),
}));
for (const each of [...new Set(rows.map((row) => row.licence))].sort()) {
  const names = rows.filter((row) => row.licence === each).map(({ name }) => name);
  console.log(`${each || "no licence"} (${names.length}): ${names.sort().join(", ")}`);
}
const unknown = rows.filter((row) => !isFree(row.licence));
for (const row of unknown) console.error(`not known to be free: ${row.name}, ${row.licence || "no licence"}`);
if (unknown.length > 0) process.exitCode = 1;
