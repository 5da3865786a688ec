/** The demands of `npm run soak:server`: a record that meets them, and each way not to. */
import { expect, it } from "vitest";
import { failedDemands, riseOf, type Sample, type SoakRecord } from "../tools/soakServer/demands.ts";

const sample: Sample = { seconds: 1, server: 100, model: 200, serverDescriptors: 20, modelDescriptors: 21 };
const samples = Array.from({ length: 20 }, (_, i) => ({ ...sample, seconds: i }));
const met: SoakRecord = {
  counts: { sent: 3, accepted: 3, turnedAway: 9, wrong: 0, other: 0 },
  kinds: { json: { group: "bad", sent: 1, outcomes: { 422: 1 }, wrong: 0 } },
  health: { ok: 5 },
  memory: samples,
  idle: { before: sample, after: sample },
  left: { queued: 0, bodyBytes: 0, replaced: 0 },
  kills: 0,
  end: { code: 0, seconds: 0.1 },
};

it("names nothing where all of them are met", () => {
  expect(failedDemands(met)).toEqual([]);
  expect(
    failedDemands({ ...met, kills: 2, left: { ...met.left, replaced: 2 }, health: { ok: 1, starting: 1 } }),
  ).toEqual([]);
});

it.each<[string, Partial<SoakRecord>]>([
  ["1 good pictures had another answer than alone", { counts: { ...met.counts, accepted: 2, wrong: 1 } }],
  ["1 good pictures were not answered", { counts: { ...met.counts, accepted: 2, other: 1 } }],
  ["some good pictures are not accounted for", { counts: { ...met.counts, accepted: 2 } }],
  [
    '1 of 2 requests of the kind "json" ended wrongly: {"500":1}',
    { kinds: { json: { group: "bad", sent: 2, outcomes: { 500: 1 }, wrong: 1 } } },
  ],
  ['no request of the kind "json" was sent', { kinds: { json: { group: "bad", sent: 0, outcomes: {}, wrong: 0 } } }],
  ['health was "stuck" 1 times', { health: { ok: 5, stuck: 1 } }],
  ['health was "starting" 1 times', { health: { ok: 5, starting: 1 } }],
  [
    "server rose by 200 MB, more than 64",
    { memory: [...samples.slice(2), { ...sample, server: 300 }, { ...sample, server: 300 }] },
  ],
  [
    "serverDescriptors of the idle server rose by 5, more than 4",
    { idle: { before: sample, after: { ...sample, serverDescriptors: 25 } } },
  ],
  ["3 pictures were left in the queue", { left: { ...met.left, queued: 3 } }],
  ["7 bytes of bodies were left", { left: { ...met.left, bodyBytes: 7 } }],
  ["the model's process was replaced 1 times and killed 0 times", { left: { ...met.left, replaced: 1 } }],
  ["the server ended with 1 after SIGTERM", { end: { code: 1, seconds: 9 } }],
])("says: %s", (line, broken) => {
  expect(failedDemands({ ...met, ...broken })).toEqual([line]);
});

it("compares the last tenth with the first", () => {
  const rising = samples.map((each, i) => ({ ...each, model: 10 * i }));
  expect(riseOf(rising, "model")).toBe(180);
});
