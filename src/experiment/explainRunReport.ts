/** What was explained of a run, in that run's report. */
import { join } from "node:path";
import { isFile, readText, writeFileAtomic } from "../files.ts";
import { addSections } from "../report/addSections.ts";
import { type ExplainReport, explainSections } from "../report/explainReport.ts";
import { runFiles } from "./runFolder.ts";

/**
 * Adds the sections, in the place of earlier ones; without the faces where the run's report was to show none. A report that is written
 * anew, because the run went on, lacks them: they were of other prompts.
 */
export async function addToRunReport(run: string, page: ExplainReport, withFaces: boolean): Promise<void> {
  const report = join(run, runFiles.report);
  if (!(await isFile(report))) return;
  const sections = explainSections(withFaces ? page : { ...page, faces: [] });
  const text = addSections(await readText(report, "CONFIG"), "explain", sections);
  if (text !== undefined) await writeFileAtomic(report, text);
}
