/** The quick form of `npm run soak`: a few kills; and what else can happen to a folder in the middle of a run. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Random } from "../src/platform/random.ts";
import { chain, reference } from "./crashes/chain.ts";
import { works } from "./crashes/works.ts";

let folder: string;
let both: Awaited<ReturnType<typeof works>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-crashes-"));
  both = await works(folder, "source", 6);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it("a training that is killed four times comes to the bits of one that never was", async () => {
  const plain = await reference(both.train, join(folder, "train"));
  const { kills } = await chain(plain, join(folder, "train-killed"), 4, new Random("quick", "train"));
  expect(kills).toBe(4);
});

it("so does a table that is killed twice", async () => {
  const plain = await reference(both.ablate, join(folder, "ablate"));
  const { kills } = await chain(plain, join(folder, "ablate-killed"), 2, new Random("quick", "ablate"));
  expect(kills).toBe(2);
});
