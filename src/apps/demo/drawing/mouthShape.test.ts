import { expect, it } from "vitest";
import { Random } from "../../../platform/random.ts";
import { type ActionUnits, actionUnits } from "./expressions.ts";
import { drawIdentity } from "./identity.ts";
import { mouthShape } from "./mouthShape.ts";

const identities = Array.from({ length: 12 }, (_, i) => drawIdentity(new Random("person", i), new Random("photo", i)));
const pairs = (given: Partial<ActionUnits>) =>
  identities.map(
    (identity) => [mouthShape(actionUnits(), identity), mouthShape(actionUnits(given), identity)] as const,
  );

it("is closed and level at rest", () => {
  for (const [rest] of pairs({})) {
    expect(rest.opening).toBe(0);
    expect(rest.left[1]).toBe(rest.right[1]);
    expect(rest.left[0] - 48).toBeCloseTo(48 - rest.right[0], 10);
    expect(rest.upperOuter).toBeLessThan(rest.upperInner);
    expect(rest.lowerOuter).toBeGreaterThan(rest.lowerInner);
  }
});

it("AU12 pulls only its own corner up and out", () => {
  for (const [rest, smile] of pairs({ L12: 1 })) {
    expect(rest.left[1] - smile.left[1]).toBeGreaterThan(4);
    expect(smile.left[0]).toBeGreaterThan(rest.left[0] + 3);
    expect(smile.right).toEqual(rest.right);
  }
});

it("AU15 pulls the corners down, AU20 stretches them, AU24 thins the lips", () => {
  for (const [rest, sad] of pairs({ AU15: 1 })) expect(sad.left[1]).toBeGreaterThan(rest.left[1] + 3);
  for (const [rest, wide] of pairs({ AU20: 1 })) expect(wide.right[0]).toBeLessThan(rest.right[0] - 3);
  for (const [rest, thin] of pairs({ AU24: 1 }))
    expect(thin.upperInner - thin.upperOuter).toBeLessThan((rest.upperInner - rest.upperOuter) * 0.75);
});

it("AU25, AU26 and AU27 open the mouth more and more, and the jaw drops with the last two", () => {
  for (const identity of identities) {
    const [parted, dropped, stretched] = (["AU25", "AU26", "AU27"] as const).map((unit) =>
      mouthShape(actionUnits({ [unit]: 1 }), identity),
    );
    expect(parted.opening).toBeGreaterThan(2);
    expect(dropped.opening).toBeGreaterThan(parted.opening);
    expect(stretched.opening).toBeGreaterThan(dropped.opening);
    expect([parted.drop, dropped.drop, stretched.drop]).toEqual([0, 4.5, 9]);
  }
});

it("AU10 raises the upper lip, AU17 pushes the lower lip up", () => {
  for (const [rest, raised] of pairs({ AU10: 1 })) expect(raised.upperOuter).toBeLessThan(rest.upperOuter - 2);
  for (const [rest, pushed] of pairs({ AU17: 1 })) expect(pushed.lowerInner).toBeLessThan(rest.lowerInner - 2);
});
