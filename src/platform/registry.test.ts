import { describe, expect, it } from "vitest";
import { Contributions, namesOf, Registry } from "./registry.ts";

const colours = () => new Registry("colour", /^[a-z]+$/, [{ name: "red" }, { name: "blue" }]);

describe("a registry", () => {
  it("finds initial and added items, in order", () => {
    const registry = colours();
    registry.add({ name: "green" });
    expect(registry.names).toEqual(["red", "blue", "green"]);
    expect(registry.get("green")).toEqual({ name: "green" });
    expect(registry.find("grey")).toBeUndefined();
  });

  it("removes an added item once", () => {
    const registry = colours();
    const remove = registry.add({ name: "green" });
    remove();
    registry.add({ name: "grey" });
    remove();
    expect(registry.names).toEqual(["red", "blue", "grey"]);
    expect(() => registry.add({ name: "green" })).not.toThrow();
  });

  it("lists the known names", () => {
    expect(() => colours().get("grey")).toThrow('unknown colour "grey". Fix: choose one of red, blue');
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

it("equal contributions are removed one by one", () => {
  const item = () => 1;
  const list = new Contributions([item]);
  const removes = [list.add(item), list.add(item)];
  expect(list.all).toEqual([item, item, item]);
  for (const remove of removes) remove();
  expect(list.all).toEqual([item]);
});

it("namesOf preserves the order of the table", () => {
  expect(namesOf({ second: 2, first: 1 })).toEqual(["second", "first"]);
});
