/**
 * `npm run fuzz`: fuzzes each reader in its own process and writes docs/records/fuzz.json.
 * `-- --only NAME` runs one reader and retains the other records.
 */
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { readJson, writeFileAtomic } from "../src/platform/files.node.ts";
import type { FuzzRecord } from "../test/fuzz/fuzzReader.ts";
import { readers } from "../test/fuzz/readers/index.ts";
import { runFuzz } from "../test/fuzz/runFuzz.ts";

const recordSchema = z.object({ records: z.array(z.looseObject({ reader: z.string() })) });
const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    only: { type: "string" },
    record: { type: "string", default: "docs/records/fuzz.json" },
  },
});
const all = readers.map(({ name }) => name);
const names = all.filter((name) => values.only === undefined || name === values.only);
const records: FuzzRecord[] = [];
for (const name of names) {
  const [record] = await runFuzz([name], Number(values.inputs), Number(values.seed));
  records.push(record);
  const { inputs, extremes, accepted, refused, slowest, slowestInput, peakMemory, largestRise, largestInput, seconds } =
    record;
  const answers = `${accepted} read, ${JSON.stringify(refused)}`;
  console.log(
    `${name}: ${inputs} files and ${extremes} extremes in ${seconds.toFixed(0)} s: ${answers}; ` +
      `slowest ${slowest.toFixed(0)} ms (${slowestInput}), ${peakMemory.toFixed(0)} MB (+${largestRise.toFixed(0)} MB: ${largestInput})`,
  );
  if (record.failure !== undefined) console.log(record.failure);
}
const { node, arch, platform } = { node: process.version, arch: process.arch, platform: process.platform };
const past = existsSync(values.record) ? await readJson(values.record, recordSchema, "CHECKPOINT") : { records: [] };
const retained = past.records.filter(({ reader }) => !names.includes(reader));
const sorted = [...retained, ...records].sort((a, b) => all.indexOf(a.reader) - all.indexOf(b.reader));
await writeFileAtomic(values.record, `${JSON.stringify({ node, arch, platform, records: sorted }, null, 2)}\n`);
if (records.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
