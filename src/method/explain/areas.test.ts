import { expect, it } from "vitest";
import { fewFacesNote, rankingScores, signedText } from "./areas.ts";

it("averages over faces and compares each ranking with its random baseline on the same faces", () => {
  const scores = rankingScores({
    "random pixels": [
      { deletion: 0.5, insertion: 0.4 },
      { deletion: 0.3, insertion: 0.6 },
    ],
    gradient: [
      { deletion: 0.4, insertion: 0.5 },
      { deletion: 0.2, insertion: 0.7 },
    ],
    patches: [
      { deletion: 0.1, insertion: 0.8 },
      { deletion: 0.1, insertion: 0.8 },
    ],
  });
  expect(scores.map(({ ranking }) => ranking)).toEqual(["gradient", "patches", "random pixels"]);
  const [gradient, patches, chance] = scores;
  expect(gradient.deletion.mean).toBeCloseTo(0.3, 12);
  expect(gradient.deletion.interval[0]).toBeCloseTo(0.2, 12);
  expect(gradient.deletion.interval[1]).toBeCloseTo(0.4, 12);
  // Paired: the difference is the same for both faces, so its interval has no width.
  expect(gradient.beyondChance?.chance).toBe("random pixels");
  expect(gradient.beyondChance?.deletion.mean).toBeCloseTo(-0.1, 12);
  for (const end of gradient.beyondChance?.insertion.interval ?? []) expect(end).toBeCloseTo(0.1, 12);
  expect(patches.beyondChance).toBeUndefined();
  expect(chance.beyondChance).toBeUndefined();
  expect(chance.faces).toBe(2);
});

it("warns about too few faces, and formats signed differences", () => {
  expect([1, 2, 30].map(fewFacesNote)).toEqual([
    "; one face is too few to lean on the intervals",
    "; 2 faces are too few to lean on the intervals",
    "",
  ]);
  expect(signedText({ mean: -0.01, interval: [-0.1234, 0.05] })).toBe("−0.010 (−0.123 … +0.050)");
});
