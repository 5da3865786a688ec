/** Tells the expressions in every picture of a folder and counts them: `npx tsx expressions.ts FOLDER`. */
import { openPredictions } from "mpa-fer";

const [folder = "."] = process.argv.slice(2);
const predictions = await openPredictions({ files: [folder] });
const counts = new Map<string, number>();
try {
  for await (const { answer } of predictions.each()) {
    const { file, faces, error } = answer;
    const labels = faces.map(({ label, score }) => `${label} (${Math.round(100 * score)} %)`);
    console.log(`${file}: ${error ?? (labels.join(", ") || "no face")}`);
    for (const { label } of faces) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
} finally {
  await predictions.dispose();
}
console.log("together:", Object.fromEntries(counts));
