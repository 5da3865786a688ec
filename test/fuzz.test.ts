/** The quick form of `npm run fuzz`: 500 files a reader, the same ones in every run. */
import { expect, it } from "vitest";
import { readers } from "./fuzz/readers/index.ts";
import { runFuzz } from "./fuzz/runFuzz.ts";

it("reads or rejects 500 mutated files of every kind without a crash, hang or other error, below 512 MB", async () => {
  const records = await runFuzz(
    readers.map(({ name }) => name),
    500,
    1,
  );
  expect(records.map(({ failure }) => failure).filter((failure) => failure !== undefined)).toEqual([]);
  expect(records.map(({ inputs }) => inputs)).toEqual(readers.map(() => 500));
  // A fuzzer whose files are all refused at the first byte would test nothing.
  for (const { reader, accepted } of records) expect([reader, accepted > 0]).toEqual([reader, true]);
}, 300_000);
