/** HTML from templates whose values are made safe: only markup that was made here goes in as it is. */

export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Value = string | number | Markup | undefined | readonly Markup[];

/** Text and numbers are escaped, also for attributes in double quotes; `undefined` is nothing; lists are joined. */
export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Markup {
  return new Markup(strings.map((text, i) => text + (i < values.length ? markupOf(values[i]) : "")).join(""));
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function markupOf(value: Value): string {
  if (value === undefined) return "";
  if (value instanceof Markup) return value.text;
  if (typeof value === "object") return value.map(({ text }) => text).join("");
  return String(value).replace(/[&<>"]/g, (character) => entities[character]);
}
