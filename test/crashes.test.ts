/** Short form of `npm run soak` with a few kills, and other faults of a folder during a run. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Random } from "../src/platform/random.ts";
import { killedRuns, type RunEnd, reference, resultHashes, type Work } from "./crashes/chain.ts";
import { brokenFiles } from "./crashes/wholeFiles.ts";
import { works } from "./crashes/works.ts";

let folder: string;
let both: Awaited<ReturnType<typeof works>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-crashes-"));
  both = await works(folder, "source", 6);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("a training that is killed four times leaves complete files and is bit-identical to an uninterrupted one", async () => {
  await expectSameBits(both.train, 4);
});

it("a table that is killed twice leaves complete files and is bit-identical to an uninterrupted one", async () => {
  await expectSameBits(both.ablate, 2);
});

async function expectSameBits(work: Work, kills: number): Promise<void> {
  const plain = await reference(work, join(folder, work.name));
  const expected = await resultHashes(work, plain.folder);
  expect(Object.keys(expected)).toEqual(work.results);
  const out = join(folder, `${work.name}-killed`);
  const ends: RunEnd[] = [];
  for await (const end of killedRuns(plain, out, kills, new Random("quick", work.name))) {
    ends.push(end);
    expect(await brokenFiles(out), `after ${ends.join(", ")}`).toEqual([]);
    if (end === "done") expect(await resultHashes(work, out)).toEqual(expected);
  }
  expect(ends.filter((end) => end === "killed")).toHaveLength(kills);
  expect(ends.at(-1)).toBe("done");
}
