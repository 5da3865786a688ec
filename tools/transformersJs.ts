/**
 * Compares Transformers.js on `export --layout transformers` with `predict --no-detect` on the same drawn faces.
 *
 *   npm install --prefix DIR @huggingface/transformers
 *   npx tsx tools/transformersJs.ts DIR docs/records/transformers-js.json
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { ExpressionRecognizer } from "../src/faces/recognizer.node.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";

const [installed, record] = process.argv.slice(2);
/** Pixels a side of the faces; the model takes 48, so each program resizes with its own method. */
const sides = [48, 48, 64, 96, 200];
const folder = await mkdtemp(join(tmpdir(), "mpa-fer-transformers-"));
const program = join(installed, "classify-faces.mjs");
const said = z.object({ version: z.string(), answers: z.array(z.record(z.string(), z.number())) });

try {
  const faces: string[] = [];
  for (const [i, side] of sides.entries()) {
    faces.push(join(folder, `${side}.png`));
    await writeFile(faces[i], await render(drawnFace(1, "test", i, "happiness"), side));
  }
  // Node resolves an import relative to the importing file.
  await writeFile(program, theirProgram());
  const rows = [];
  for (const [precision, dtype] of [
    ["fp32", "fp32"],
    ["int8", "q8"],
  ] as const) {
    const out = join(folder, precision);
    const exportWords = ["export", "--layout", "transformers", "--precision", precision, "--out", out, "--quiet"];
    execFileSync(process.execPath, ["--import", "tsx", "src/apps/cli/main.ts", ...exportWords]);
    const { version, answers } = said.parse(
      JSON.parse(execFileSync(process.execPath, [program, out, dtype, ...faces], { encoding: "utf8" })),
    );
    await using fer = await ExpressionRecognizer.load({ precision, threads: 1 });
    for (const [i, face] of faces.entries()) {
      const [{ probabilities }] = await fer.predict(face, { detect: false });
      const gaps = Object.entries(probabilities).map(([name, p]) => Math.abs(p - answers[i][name]));
      rows.push({ version, precision, pixels: sides[i], largest_difference: Math.max(...gaps) });
    }
  }
  await writeFileAtomic(record, `${JSON.stringify(rows, null, 1)}\n`);
  process.stdout.write(`${JSON.stringify(rows, null, 1)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
  await rm(program, { force: true });
}

/** Script that uses the API of Transformers.js only. */
function theirProgram(): string {
  return `import { env, pipeline } from "@huggingface/transformers";
const [folder, dtype, ...faces] = process.argv.slice(2);
env.allowRemoteModels = false;
const classify = await pipeline("image-classification", folder, { dtype, local_files_only: true });
const answers = [];
for (const face of faces) {
  const found = await classify(face, { top_k: 100 });
  answers.push(Object.fromEntries(found.map(({ label, score }) => [label, score])));
}
console.log(JSON.stringify({ version: env.version, answers }));
`;
}
