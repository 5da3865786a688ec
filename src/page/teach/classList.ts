/** All classes; rows stay where they are while the project changes, so that nobody loses their place. */
import { h } from "../dom.ts";
import { type ClassRow, type ClassRowParts, classRow } from "./classRow.ts";

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
