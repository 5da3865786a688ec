import fc from "fast-check";
import { expect, it } from "vitest";
import { sameCases } from "../../../test/sameCases.ts";
import type { Feeds } from "../../graph/runtime/session.ts";
import { decodeAnswer, decodeFeeds, decodeTask, encodeAnswer, encodeFeeds, encodeTask } from "./messages.ts";

const count = fc.nat();
/** Values by name, of any bits. */
const values = fc
  .uniqueArray(fc.tuple(fc.constantFrom("L_vt", "grad.text.context", "theta"), fc.uint8Array({ maxLength: 16 })), {
    selector: ([name]) => name,
  })
  .map((entries) =>
    Object.fromEntries(
      entries.map(([name, bytes]) => [name, new Float32Array(bytes.slice(0, bytes.length & ~3).buffer)] as const),
    ),
  );
const bitsOf = (named: Feeds) =>
  Object.entries(named).map(([name, data]) => [name, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)]);

it("round-trips tasks", () => {
  const task = fc.record({
    ...{ step: count, microBatch: count, epoch: count, size: fc.integer({ min: 1, max: 1000 }) },
    draws: fc.array(fc.record({ index: count, repeat: count }), { minLength: 1, maxLength: 5 }),
  });
  fc.assert(
    fc.property(task, (given) => {
      expect(decodeTask(encodeTask(given))).toEqual(given);
    }),
    sameCases,
  );
});

it("round-trips answers bit for bit, including NaN", () => {
  const bad = fc.array(fc.record({ file: fc.string({ unit: "grapheme" }), message: fc.string({ unit: "grapheme" }) }));
  const answer = fc.record({ step: count, microBatch: count, took: fc.double({ min: 0, max: 1e6, noNaN: true }), bad });
  fc.assert(
    fc.property(answer, values, (given, results) => {
      const { results: found, ...rest } = decodeAnswer(encodeAnswer({ ...given, results }));
      expect(rest).toEqual(given);
      expect(bitsOf(found)).toEqual(bitsOf(results));
    }),
    sameCases,
  );
});

it("round-trips feeds bit for bit, with the number of their step", () => {
  fc.assert(
    fc.property(count, values, (step, feeds) => {
      const { step: found, feeds: came } = decodeFeeds(encodeFeeds({ step, feeds }));
      expect(found).toBe(step);
      expect(bitsOf(came)).toEqual(bitsOf(feeds));
    }),
    sameCases,
  );
});

it.each([
  ["not JSON", "{"],
  ["without a step", '{"microBatch":0,"epoch":0,"size":1,"draws":[{"index":0,"repeat":0}]}'],
  ["without images", '{"step":1,"microBatch":0,"epoch":0,"size":1,"draws":[]}'],
  ["of a negative step", '{"step":-1,"microBatch":0,"epoch":0,"size":1,"draws":[{"index":0,"repeat":0}]}'],
])("rejects a task that is %s", (_, text) => {
  expect(() => decodeTask(text)).toThrow(expect.objectContaining({ code: "NETWORK" }));
});

it("rejects feeds as an answer, an answer as feeds, and other bytes", () => {
  const malformed = expect.objectContaining({ code: "NETWORK", message: expect.stringContaining("is malformed") });
  expect(() => decodeAnswer(encodeFeeds({ step: 1, feeds: {} }))).toThrow(malformed);
  expect(() => decodeFeeds(encodeAnswer({ step: 1, microBatch: 0, took: 1, bad: [], results: {} }))).toThrow(malformed);
  expect(() => decodeAnswer(new TextEncoder().encode("nothing"))).toThrow(expect.objectContaining({ code: "WEIGHTS" }));
});
