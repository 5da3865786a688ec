/** `npm run soak`: 200 kills of train and ablate at random moments; the record goes to docs/records/soak-crashes.json. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../src/files.ts";
import { Random } from "../src/random.ts";
import { type ChainRecord, chain, type Reference, reference } from "../test/crashes/chain.ts";
import { works } from "../test/crashes/works.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    record: { type: "string", default: "docs/records/soak-crashes.json" },
  },
});
const [kills, seed] = [Number(values.kills), Number(values.seed)];
const started = performance.now();
const folder = await mkdtemp(join(tmpdir(), "mpa-fer-soak-"));
try {
  const { train, ablate } = await works(folder, "built", 12);
  // A table is five trainings; a quarter of the kills meets it.
  const ofTable = Math.floor(kills / 4);
  const records = {
    train: await soak(await reference(train, join(folder, "train")), kills - ofTable),
    ablate: await soak(await reference(ablate, join(folder, "ablate")), ofTable),
  };
  const seconds = (performance.now() - started) / 1000;
  const { version, arch, platform } = process;
  const record = { kills, seed, seconds, node: version, arch, platform, records };
  await writeFileAtomic(values.record, `${JSON.stringify(record, null, 2)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Chains of one to eight kills each. Throws at the first that is not whole, does not go on, or ends in other bits. */
async function soak(plain: Reference, total: number) {
  const random = new Random("soak", plain.work.name, seed);
  const chains: ChainRecord[] = [];
  for (let left = total; left > 0; left -= chains[chains.length - 1].kills) {
    const length = Math.min(left, 1 + random.integer(8));
    chains.push(await chain(plain, join(folder, `${plain.work.name}-killed`), length, random));
    console.log(`${plain.work.name}: ${total - left + length} of ${total} kills, all whole, the same bits`);
  }
  const sum = (count: (record: ChainRecord) => number) => chains.reduce((all, record) => all + count(record), 0);
  return {
    chains: chains.length,
    kills: sum(({ kills }) => kills),
    beforeAnyFile: sum(({ empty }) => empty),
    withFiles: sum(({ between }) => between),
  };
}
