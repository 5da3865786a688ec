/** `mpa-fer explain` */

import { percent } from "../../../evaluation/rows.ts";
import { facesText, fewFacesNote, signedText } from "../../../method/explain/areas.ts";
import { type Explanation, explain } from "../../../runs/explain/explain.ts";
import type { ExplainConfig } from "../../../runs/explain/options.ts";
import type { CommandContext } from "../command.ts";
import { answer, table } from "../output.ts";

/** Returns exit code 1 if a file was not an image; the other files are still explained. */
export async function run(config: ExplainConfig, context: CommandContext): Promise<number> {
  const { progress, signal, notice } = context;
  const result = await explain(config, { progress, signal, notice });
  const parts = [...removalTable(result), ...planeTable(result), ...failures(result), `look at ${result.report}`];
  await answer(result, parts.join("\n"), config.json, context);
  return result.failed.length > 0 ? 1 : 0;
}

function removalTable({ removal, faces }: Explanation): string[] {
  if (removal.length === 0) return [];
  const rows = removal.flatMap(({ model, scores }) =>
    scores.map(({ ranking, deletion, insertion, beyondChance }) => [
      ...[model, ranking, deletion.mean.toFixed(3), beyondChance ? signedText(beyondChance.deletion) : "–"],
      ...[insertion.mean.toFixed(3), beyondChance ? signedText(beyondChance.insertion) : "–"],
    ]),
  );
  return [
    `Areas under deletion (less is better) and insertion (more is better) over ${facesText(faces)}; beyond chance with 95 % intervals${fewFacesNote(faces)}:`,
    "",
    table(["model", "map", "deletion", "beyond chance", "insertion", "beyond chance"], rows),
  ];
}

function planeTable({ planes }: Explanation): string[] {
  if (planes.length === 0) return [];
  const rows = planes.map(({ models, trustworthiness, agreement }) => [
    ...[models.join(", "), trustworthiness.toFixed(3), percent(agreement.features), percent(agreement.plane)],
  ]);
  const heads = ["t-SNE of", "trustworthiness", "neighbours of the class, features", "in the plane"];
  return [table(heads, rows)];
}

const failures = ({ failed }: Explanation): string[] => failed.map(({ error }) => `error: ${error}`);
