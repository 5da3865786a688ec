/** List of the classes of a project. Rows are reused while the project changes, so that the focus is not lost. */
import { button, h } from "../dom.ts";
import { dropZone } from "../pictureInputs.ts";
import { type Face, type ProjectClass, withClass, withoutClass, withoutFace } from "./project.ts";
import type { ProjectStore } from "./projectStore.ts";

export interface ClassRow {
  readonly element: HTMLElement;
  update(own: ProjectClass, place: number): void;
}

export interface ClassRowParts {
  readonly store: ProjectStore;
  /** adds the faces that are found in the pictures */
  add(id: string, pictures: readonly Blob[]): void;
  /** adds the face in the camera's current frame; starts the camera first */
  takePicture(id: string): void;
}

export function classRow(id: string, { store, add, takePicture }: ClassRowParts): ClassRow {
  const name = h("input", { type: "text", maxlength: 60, autocomplete: "off", spellcheck: "true" });
  name.addEventListener("change", () => {
    store.change((project) => withClass(project, id, (own) => ({ ...own, name: name.value.trim() })));
  });
  const label = h("label", {}, h("span", { class: "sight" }), name);
  const count = h("span", { class: "faint" });
  const remove = button("Remove class", () => store.change((project) => withoutClass(project, id)));
  const take = button("Take a picture", () => takePicture(id));
  const faces = h("ul", { class: "thumbs" });
  const thumbs = new Map<string, Thumb>();
  const thumb = (face: Face): Thumb => {
    const image = h("img", { src: URL.createObjectURL(face.picture) });
    const drop = () => {
      take.focus();
      store.change((project) => withoutFace(project, id, face.id));
    };
    return { image, item: h("li", {}, h("button", { type: "button", on: { click: drop } }, image)) };
  };
  const element = h(
    "section",
    { class: "card" },
    h("div", { class: "row" }, label, count, remove),
    dropZone({ label: "Choose pictures", add: (files) => add(id, files) }, take),
    faces,
  );
  const update = (own: ProjectClass, place: number) => {
    const called = own.name === "" ? `class ${place + 1}` : own.name;
    element.setAttribute("aria-label", called);
    label.firstElementChild?.replaceChildren(`Name of class ${place + 1}`);
    name.placeholder = `Name of class ${place + 1}`;
    // Do not overwrite the text that the user is typing.
    if (document.activeElement !== name) name.value = own.name;
    count.textContent = own.faces.length === 1 ? "1 face" : `${own.faces.length} faces`;
    remove.setAttribute("aria-label", `Remove class ${called}`);
    for (const [face, { image }] of thumbs) {
      if (own.faces.some((each) => each.id === face)) continue;
      URL.revokeObjectURL(image.src);
      thumbs.delete(face);
    }
    const shown = own.faces.map((face) => {
      const known = thumbs.get(face.id) ?? thumb(face);
      thumbs.set(face.id, known);
      known.image.alt = `Remove this face of ${called}`;
      return known.item;
    });
    faces.replaceChildren(...shown);
  };
  return { element, update };
}

interface Thumb {
  readonly image: HTMLImageElement;
  readonly item: HTMLElement;
}

export function classList(parts: ClassRowParts): HTMLElement {
  const rows = new Map<string, ClassRow>();
  const list = h("div", {});
  const update = () => {
    const { classes } = parts.store.project;
    for (const [id, row] of rows) {
      if (classes.some((own) => own.id === id)) continue;
      row.element.remove();
      rows.delete(id);
    }
    for (const [place, own] of classes.entries()) {
      const row = rows.get(own.id) ?? classRow(own.id, parts);
      rows.set(own.id, row);
      row.update(own, place);
      if (list.children[place] !== row.element) list.insertBefore(row.element, list.children[place] ?? null);
    }
  };
  parts.store.addEventListener("change", update);
  update();
  return list;
}
