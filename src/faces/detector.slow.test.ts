/** Detection of faces in images composed of known faces. */
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { canvas, isOn, type PlacedFace, pixelsOf } from "../../test/canvas.ts";
import { ferplus } from "../../test/ferplusData.ts";
import { drawnFace, render } from "../apps/demo/dataset.ts";
import { openDetector } from "./detector.node.ts";

const detector = await openDetector({ threads: 2 });
afterAll(() => detector.dispose());

const detect = async (width: number, height: number, faces: readonly PlacedFace[]) =>
  detector.detect(await pixelsOf(await canvas(width, height, faces)));

/** Each placed face found once, and nothing else. */
async function expectAll(width: number, height: number, faces: readonly PlacedFace[]): Promise<void> {
  const found = await detect(width, height, faces);
  const hits = faces.map((face) => found.filter(({ box }) => isOn(box, face)).length);
  expect({ hits, found: found.length }).toEqual({ hits: faces.map(() => 1), found: faces.length });
}

const drawn = await render(drawnFace(1, "test", 0, "happiness"), 200);

describe("a drawn face", () => {
  it("is found at small and large sizes", async () => {
    for (const side of [60, 200]) {
      await expectAll(640, 480, [{ picture: drawn, side, left: 300, top: 150 }]);
    }
  });

  it("is found in every corner of a large picture, also where tiles meet", async () => {
    await expectAll(
      2400,
      1600,
      [0, 590, 1180, 1770, 2290].map((left, i) => ({ picture: drawn, side: 100, left, top: i * 370 })),
    );
  });
});

it("a face across tiles is found once and whole", async () => {
  const large = await render(drawnFace(1, "test", 1, "neutral"), 400);
  await expectAll(1280, 720, [
    { picture: large, side: 400, left: 120, top: 140 },
    { picture: drawn, side: 60, left: 900, top: 300 },
  ]);
});

it.each([90, 180, 270])("a drawn face turned by %i degrees is found, with its eyes as far turned", async (angle) => {
  for (const side of [120, 300]) {
    const face = { picture: drawn, side, left: 200, top: 100, angle };
    const [found, ...more] = await detect(640, 480, [face]);
    expect(more).toEqual([]);
    expect(isOn(found.box, face)).toBe(true);
    const [[leftX, leftY], [rightX, rightY]] = found.landmarks;
    const turn = (Math.atan2(rightY - leftY, rightX - leftX) * 180) / Math.PI;
    expect(Math.abs(((turn - angle + 540) % 360) - 180)).toBeLessThan(10);
  }
});

it.each([90, 180, 270])(
  "drawn faces that are all turned by %i degrees are found, also beside each other",
  async (angle) => {
    await expectAll(
      640,
      480,
      [20, 230, 440].map((left) => ({ picture: drawn, side: 160, left, top: 150, angle })),
    );
  },
);

it("an empty picture has no face", async () => {
  expect(await detect(500, 300, [])).toEqual([]);
  expect(await detect(1, 1, [])).toEqual([]);
});

const ferplusFace = (number: number) => join(ferplus ?? "", `FER2013Valid/fer00${number}.png`);
const drawnPeople = Promise.all(
  [0, 1, 2, 3, 4, 5].map((person) => render(drawnFace(1, "test", person, "neutral"), 400)),
);

describe.each<[string, boolean, () => Promise<readonly (string | Buffer)[]>]>([
  ["drawn faces", true, () => drawnPeople],
  ["faces of FER+", ferplus !== undefined, async () => [28712, 28713, 28715, 28717, 28718, 28720].map(ferplusFace)],
])("%s", (_, areHere, load) => {
  it.skipIf(!areHere)("are found together from 40 to 400 pixels", async () => {
    const people = await load();
    const sides = [40, 60, 90, 140, 240, 400];
    const lefts = [20, 100, 200, 330, 520, 820];
    await expectAll(
      1280,
      720,
      people.map((picture, i) => ({ picture, side: sides[i], left: lefts[i], top: 60 + 25 * i })),
    );
  });

  it.skipIf(!areHere)("are found turned by 25 degrees, with the eyes as far turned", async () => {
    const [picture] = await load();
    const [{ landmarks }] = await detect(640, 480, [{ picture, side: 160, left: 200, top: 150, angle: 25 }]);
    const [[leftX, leftY], [rightX, rightY]] = landmarks;
    const angle = (Math.atan2(rightY - leftY, rightX - leftX) * 180) / Math.PI;
    expect(angle).toBeGreaterThan(15);
    expect(angle).toBeLessThan(35);
  });
});

describe.skipIf(ferplus === undefined)("a face of FER+ that fills the picture", () => {
  const people = [28712, 28713, 28715, 28717, 28718, 28720].map(ferplusFace);

  it.each([100, 200, 400, 768, 1536])("is found at %i pixels a side", async (side) => {
    const found = people.map(async (picture) => {
      const faces = await detect(side, side, [{ picture, side, left: 0, top: 0 }]);
      return faces.some(({ box }) => isOn(box, { picture, side, left: 0, top: 0 }));
    });
    expect((await Promise.all(found)).filter((isFound) => isFound).length).toBeGreaterThanOrEqual(5);
  });
});
