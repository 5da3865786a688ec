/**
 * The public interface of the entries as text, in `api/`: what changes for those who use the library is seen in the diff.
 * `npm run api` writes it anew; `npm run check:package` says where it differs.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Extractor, ExtractorConfig, ExtractorLogLevel } from "@microsoft/api-extractor";

const entries = {
  index: "dist/index.d.ts",
  browser: "dist/browser.d.ts",
  extend: "dist/extend.d.ts",
  graph: "dist/graph.d.ts",
} as const;
const folder = resolve("api");
const changed = { check: "differs", write: "is written anew" } as const;

/** Compares what is built with the reports, or writes them; gives one line for each that differs. */
export async function apiReports(mode: "check" | "write"): Promise<readonly string[]> {
  const scratch = await mkdtemp(join(tmpdir(), "mpa-fer-api-"));
  await mkdir(folder, { recursive: true });
  try {
    return Object.entries(entries).flatMap(([name, entry]) => {
      const { apiReportChanged } = Extractor.invoke(configuration(name, resolve(entry), scratch), {
        localBuild: mode === "write",
        messageCallback: (message) => {
          message.handled = message.logLevel !== ExtractorLogLevel.Error;
        },
      });
      console.log(`api/${name}.api.md ${apiReportChanged ? changed[mode] : "is as before"}`);
      return apiReportChanged
        ? [`the public interface in ${entry} is not that of api/${name}.api.md: npm run api`]
        : [];
    });
  } finally {
    await rm(scratch, { recursive: true });
  }
}

function configuration(name: string, entry: string, scratch: string): ExtractorConfig {
  const silent = { logLevel: ExtractorLogLevel.None, addToApiReportFile: false };
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: resolve("package.json"),
    configObject: {
      projectFolder: resolve("."),
      mainEntryPointFilePath: entry,
      apiReport: {
        enabled: true,
        reportFileName: name,
        reportFolder: folder,
        reportTempFolder: scratch,
        // Shapes that are not exported by name are seen all the same, by those who use what has them.
        includeForgottenExports: true,
      },
      newlineKind: "lf",
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
      compiler: { overrideTsconfig: { extends: resolve("tsconfig.json"), include: [], files: [entry] } },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: { default: silent },
        tsdocMessageReporting: { default: silent },
      },
    },
  });
}
