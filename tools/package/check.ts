/**
 * `npm run check:package`: checks the built package: its size, its entries with publint and attw, its types, and its public interface
 * against the reports in `api/`.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { apiReports } from "./apiReports.ts";
import { isModel, type Packed, pack, unpackedSize } from "./pack.ts";
import { publishedTypeFaults } from "./publishedTypes.ts";

/** bytes */
const limits = { unpacked: 25e6, browser: 200e3 } as const;
const browserEntry = "dist/browser/index.js";

if (!existsSync("dist/page/index.html")) throw new Error("dist is not complete: npm run build");
const folder = await mkdtemp(join(tmpdir(), "mpa-fer-pack-"));
try {
  const packed = pack(folder);
  const faults = [
    ...(await sizeFaults(packed)),
    ...strayFiles(packed),
    ...toolFaults("publint", ["--strict", packed.tarball]),
    // The package is an ES module, so only import is supported.
    ...toolFaults("attw", ["--profile", "esm-only", "--no-emoji", "--format", "table-flipped", packed.tarball]),
    ...publishedTypeFaults(),
    ...(await apiReports("check")),
  ];
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}

async function sizeFaults(packed: Packed): Promise<readonly string[]> {
  const unpacked = unpackedSize(packed, (path) => !isModel(path));
  const models = unpackedSize(packed, isModel);
  const browser = gzipSync(await readFile(browserEntry)).length;
  console.log(`packed ${megabytes(packed.size)}; unpacked ${megabytes(unpacked)} and ${megabytes(models)} of models`);
  console.log(`${browserEntry}: ${(browser / 1e3).toFixed(1)} kB gzipped, without the runtime`);
  return [
    ...(unpacked < limits.unpacked ? [] : [`the package without models is over ${megabytes(limits.unpacked)}`]),
    ...(browser < limits.browser ? [] : [`${browserEntry} is over ${limits.browser / 1e3} kB gzipped`]),
  ];
}

/** Files that must not be packed: tests, sources of built files, source maps. */
function strayFiles({ files }: Packed): readonly string[] {
  const stray = /\.test\.|\.map$|^(?:src|test|tools)\/|(?<!\.d)\.ts$/;
  return files.filter(({ path }) => stray.test(path)).map(({ path }) => `${path} must not be in the package`);
}

function toolFaults(tool: string, words: readonly string[]): readonly string[] {
  try {
    execFileSync(join("node_modules/.bin", tool), words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
    console.log(`${tool}: nothing to complain of`);
    return [];
  } catch (error) {
    const { stdout = "", stderr = "" } = Object(error);
    return [`${tool}:\n${stdout}${stderr}`];
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
