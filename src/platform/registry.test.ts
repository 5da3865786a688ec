import { describe, expect, it } from "vitest";
import { Registry } from "./registry.ts";

const colours = () => new Registry("colour", /^[a-z]+$/, [{ name: "red" }, { name: "blue" }]);

describe("a registry", () => {
  it("finds what it was made with and what was added, in order", () => {
    const registry = colours();
    registry.add({ name: "green" });
    expect(registry.names).toEqual(["red", "blue", "green"]);
    expect(registry.get("green")).toEqual({ name: "green" });
    expect(registry.find("grey")).toBeUndefined();
  });

  it("says which names there are", () => {
    expect(() => colours().get("grey")).toThrow('unknown colour "grey", choose one of red, blue');
  });

  it.each([
    ["red", "there is a colour red already"],
    ["Dark Red", 'the colour "Dark Red" has no good name'],
  ])("does not take %s", (name, message) => {
    const registry = colours();
    expect(() => registry.add({ name })).toThrow(message);
    expect(registry.names).toEqual(["red", "blue"]);
  });
});
