import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { Random } from "../../../platform/random.ts";
import { render } from "../dataset.ts";
import { browShape } from "./brows.ts";
import { type ActionUnits, actionUnits, sides } from "./expressions.ts";
import { eyeShape } from "./eyes.ts";
import { drawFace } from "./face.ts";
import { drawIdentity } from "./identity.ts";

const identityOf = (i: number) => drawIdentity(new Random("person", i), new Random("photo", i));

describe("brows and lids", () => {
  it.each(sides)("follow their actions on side %i", (side) => {
    const identity = identityOf(1);
    const brow = (given: Partial<ActionUnits>) => browShape(actionUnits(given), identity, side);
    const eye = (given: Partial<ActionUnits>) => eyeShape(actionUnits(given), identity, side);
    const [browRest, eyeRest] = [brow({}), eye({})];
    expect(brow({ AU1: 1 }).inner[1]).toBeLessThan(browRest.inner[1] - 4);
    expect(brow({ AU1: 1 }).outer).toEqual(browRest.outer);
    expect(brow({ AU2: 1 }).outer[1]).toBeLessThan(browRest.outer[1] - 4);
    expect(brow({ AU4: 1 }).inner[1]).toBeGreaterThan(browRest.inner[1] + 4);
    expect(Math.abs(brow({ AU4: 1 }).inner[0] - 48)).toBeLessThan(Math.abs(browRest.inner[0] - 48) - 2);
    // sadness and fear: drawn together, yet higher than at rest
    expect(brow({ AU1: 1, AU4: 1 }).inner[1]).toBeLessThan(browRest.inner[1] - 3);
    expect(eye({ AU5: 1 }).upper).toBeLessThan(eyeRest.upper - 2);
    expect(eye({ AU7: 1 }).lower).toBeLessThan(eyeRest.lower - 1);
    expect(eye({ AU6: 1, AU7: 1, AU9: 1 }).upper).toBeLessThan(eye({ AU6: 1, AU7: 1, AU9: 1 }).lower);
  });
});

describe("drawFace", () => {
  it("is a function of its input, and differs by person and action", () => {
    const face = (i: number, given: Partial<ActionUnits> = {}) =>
      drawFace({ actionUnits: actionUnits(given), identity: identityOf(i) });
    expect(face(3)).toBe(face(3));
    expect(face(3)).not.toBe(face(4));
    expect(face(3, { AU9: 0.5 })).not.toBe(face(3));
  });

  it("writes only finite numbers for any action of any person", () => {
    for (let i = 0; i < 60; i++) {
      const all = actionUnits({ AU1: 1, AU5: 1, AU7: 1, AU9: 1, AU17: 1, AU20: i % 2, AU24: 1, AU27: 1, R14: 1 });
      expect(drawFace({ actionUnits: all, identity: identityOf(i) })).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it("darkens an open mouth", async () => {
    const person = identityOf(2);
    const identity = { ...person, photo: { ...person.photo, tilt: 0, turn: 0, scale: 1, shift: [0, 0] as const } };
    const lightness = async (given: Partial<ActionUnits>) => {
      const png = await render(drawFace({ actionUnits: actionUnits(given), identity }), 96);
      const mouth = await sharp(png).greyscale().extract({ left: 43, top: 74, width: 10, height: 5 }).raw().toBuffer();
      return mouth.reduce((sum, value) => sum + value, 0) / mouth.length;
    };
    expect(await lightness({ AU27: 1 })).toBeLessThan((await lightness({})) * 0.6);
  });
});
