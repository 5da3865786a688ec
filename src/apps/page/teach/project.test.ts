import { describe, expect, it } from "vitest";
import { ferClasses } from "../../../data/sample.ts";
import { eightClasses, emptyProject, isEmpty, withClass, withFaces, withoutClass, withoutFace } from "./project.ts";

const picture = new Blob(["face"]);

describe("a project", () => {
  it("starts with two empty classes, or the eight", () => {
    expect(isEmpty(emptyProject())).toBe(true);
    expect(eightClasses().classes.map(({ name }) => name)).toEqual([...ferClasses]);
  });

  it("gains and loses faces in one class only", () => {
    const before = emptyProject();
    const [first, second] = before.classes;
    const two = withFaces(before, first.id, [picture, picture]);
    expect(two.classes.map(({ faces }) => faces.length)).toEqual([2, 0]);
    const one = withoutFace(two, first.id, two.classes[0].faces[0].id);
    expect(one.classes[0].faces).toEqual([two.classes[0].faces[1]]);
    expect(one.classes[1]).toBe(second);
    expect(before.classes[0].faces).toEqual([]);
    expect(isEmpty(one)).toBe(false);
  });

  it("renames and removes a class", () => {
    const before = emptyProject();
    const [first, second] = before.classes;
    const named = withClass(before, second.id, (own) => ({ ...own, name: "awake" }));
    expect(withoutClass(named, first.id).classes).toEqual([{ ...second, name: "awake" }]);
  });
});
