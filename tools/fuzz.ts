/** `npm run fuzz`: so many spoilt files a reader, one process a reader; the record goes to docs/records/fuzz.json. */
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../src/files.ts";
import { readers } from "../test/fuzz/readers/index.ts";
import { runFuzz } from "../test/fuzz/runFuzz.ts";

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: "20000" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    only: { type: "string" },
    record: { type: "string", default: "docs/records/fuzz.json" },
  },
});
const names = readers.map(({ name }) => name).filter((name) => values.only === undefined || name === values.only);
const records = [];
for (const name of names) {
  const [record] = await runFuzz([name], Number(values.inputs), Number(values.seed));
  records.push(record);
  const { inputs, accepted, refused, slowest, peakMemory, seconds } = record;
  const answers = `${accepted} read, ${JSON.stringify(refused)}`;
  console.log(
    `${name}: ${inputs} files in ${seconds.toFixed(0)} s: ${answers}; slowest ${slowest.toFixed(0)} ms, ${peakMemory.toFixed(0)} MB`,
  );
  if (record.failure !== undefined) console.log(record.failure);
}
const { node, arch, platform } = { node: process.version, arch: process.arch, platform: process.platform };
if (values.only === undefined) {
  await writeFileAtomic(values.record, `${JSON.stringify({ node, arch, platform, records }, null, 2)}\n`);
}
if (records.some(({ failure }) => failure !== undefined)) process.exitCode = 1;
