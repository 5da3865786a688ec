import { expect, it } from "vitest";
import { variations } from "./score.ts";

it("leaves out one phrase at a time, and uses the bare prompt if none is left", () => {
  const { whole, changes } = variations(["fear", "joy"], { joy: ["a smile", "raised cheeks"], fear: ["wide eyes"] });
  const bare = "a photo of a person making a facial expression of";
  expect(whole).toEqual([`${bare} fear, wide eyes`, `${bare} joy, a smile, raised cheeks`]);
  expect(changes).toEqual([
    { name: "fear", label: 0, phrase: "wide eyes", text: `${bare} fear` },
    { name: "joy", label: 1, phrase: "a smile", text: `${bare} joy, raised cheeks` },
    { name: "joy", label: 1, phrase: "raised cheeks", text: `${bare} joy, a smile` },
  ]);
  expect(() => variations(["rage"], {})).toThrow(/no description of class "rage"/);
});
