/**
 * `npm run soak`: 200 kills at random times, 150 of `train` and 50 of `ablate` (five trainings each), recorded in
 * docs/records/soak-crashes.json. `-- --only train` runs one of the two and retains the other's record.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { readJson, writeFileAtomic } from "../src/platform/files.node.ts";
import { Random } from "../src/platform/random.ts";
import { chain, type Reference, reference } from "../test/crashes/chain.ts";
import { works } from "../test/crashes/works.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    train: { type: "string", default: "150" },
    ablate: { type: "string", default: "50" },
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    record: { type: "string", default: "docs/records/soak-crashes.json" },
  },
});
const seed = Number(values.seed);
const folder = await mkdtemp(join(tmpdir(), "mpa-fer-soak-"));
try {
  const both = await works(folder, "built", 12);
  for (const name of ["train", "ablate"] as const) {
    if (values.only !== undefined && values.only !== name) continue;
    await soak(await reference(both[name], join(folder, name)), Number(values[name]));
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Runs chains of one to eight kills. Throws for the first that leaves a broken file, cannot resume or ends in other bits. */
async function soak(plain: Reference, total: number): Promise<void> {
  const { name } = plain.work;
  const random = new Random("soak", name, seed);
  const started = performance.now();
  const sums = { kills: 0, chains: 0, beforeAnyFile: 0, withFiles: 0 };
  while (sums.kills < total) {
    const length = Math.min(total - sums.kills, 1 + random.integer(8));
    const { kills, empty, between } = await chain(plain, join(folder, `${name}-killed`), length, random);
    sums.kills += kills;
    sums.chains++;
    sums.beforeAnyFile += empty;
    sums.withFiles += between;
    console.log(`${name}: ${sums.kills} of ${total} kills, all whole, the same bits`);
    await keep(name, { ...sums, seed, seconds: Math.round((performance.now() - started) / 1000) });
  }
}

async function keep(name: string, sums: Readonly<Record<string, number>>): Promise<void> {
  const past = existsSync(values.record) ? await readJson(values.record, z.looseObject({}), "CHECKPOINT") : {};
  const machine = { processor: cpus()[0].model.trim(), cores: cpus().length, node: process.version };
  await writeFileAtomic(values.record, `${JSON.stringify({ ...past, [name]: sums, machine }, null, 2)}\n`);
}
