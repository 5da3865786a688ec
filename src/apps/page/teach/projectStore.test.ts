import { expect, it } from "vitest";
import { withClass } from "./project.ts";
import { ProjectStore } from "./projectStore.ts";

it("undoes the letters of a name together, and other changes one by one", () => {
  const store = new ProjectStore();
  const [{ id }] = store.project.classes;
  const rename = (name: string, part?: string) =>
    store.change((project) => withClass(project, id, (own) => ({ ...own, name })), part);
  const name = () => store.project.classes[0].name;
  rename("a", "name");
  rename("aw", "name");
  rename("awake");
  rename("asleep", "name");
  store.undo();
  expect(name()).toBe("awake");
  rename("x", "name");
  store.undo();
  store.undo();
  expect(name()).toBe("aw");
  store.undo();
  expect([name(), store.canUndo]).toEqual(["", false]);
});
