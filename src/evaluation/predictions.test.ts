import fc from "fast-check";
import { expect, it } from "vitest";
import { sameCases } from "../../test/sameCases.ts";
import { predictionsCsv, readPredictions } from "./predictions.ts";

it("quotes as in RFC 4180", () => {
  const csv = predictionsCsv({
    files: ['a,"b".png', "c.png"],
    labels: [1, 0],
    classes: ["x", "y"],
    probabilities: [0.25, 0.75, 0.5, 0.5],
  });
  expect(csv).toBe('file,true,predicted,x,y\r\n"a,""b"".png",y,y,0.25,0.75\r\nc.png,x,x,0.5,0.5\r\n');
});

it("round-trips bit-identical values", () => {
  const name = fc.string({ unit: "grapheme", minLength: 1 });
  const table = fc.uniqueArray(name, { minLength: 1, maxLength: 4 }).chain((classes) =>
    fc
      .array(
        fc.record({
          file: fc.string({ unit: "grapheme" }),
          label: fc.nat(classes.length - 1),
          values: fc.float32Array({
            ...{ minLength: classes.length, maxLength: classes.length },
            ...{ min: 0, max: 1, noNaN: true },
          }),
        }),
        { maxLength: 4 },
      )
      .map((rows) => ({
        files: rows.map(({ file }) => file),
        labels: rows.map(({ label }) => label),
        classes,
        // The text form has no negative zero.
        probabilities: Float32Array.from(rows.flatMap(({ values }) => [...values].map((value) => value + 0))),
      })),
  );
  fc.assert(
    fc.property(table, (written) => {
      expect(readPredictions(predictionsCsv(written), "predictions.csv")).toEqual(written);
    }),
    sameCases,
  );
});

const head = "file,true,predicted,x,y\r\n";
it.each([
  ["", 1],
  ["file,true,predicted\r\n", 1],
  [`${head}a.png,x,x,0.5,0.5\r\nb.png,z,x,0.5,0.5\r\n`, 3],
  [`${head}a.png,x,x,0.5\r\n`, 2],
])("rejects %j with its line", (text, line) => {
  expect(() => readPredictions(text, "p.csv")).toThrow(
    expect.objectContaining({ code: "DATASET", message: expect.stringContaining(`p.csv:${line}`) }),
  );
});
