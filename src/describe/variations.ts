/** The hard prompts of all classes, and each of them with one phrase left out. */
import { type Descriptions, hardPrompts } from "../model/hardPrompts.ts";

export interface Variation {
  readonly name: string;
  /** the class's number */
  readonly label: number;
  /** what is left out */
  readonly phrase: string;
  /** the class's hard prompt without it; configuration 2 where nothing is left */
  readonly text: string;
}

/** Throws CONFIG where a class has no description. */
export function variations(
  classes: readonly string[],
  descriptions: Descriptions,
): { readonly whole: readonly string[]; readonly changes: readonly Variation[] } {
  const changes = classes.flatMap((name, label) =>
    (descriptions[name] ?? []).map((phrase, left) => {
      const kept = descriptions[name].filter((_, i) => i !== left);
      const [text] = kept.length === 0 ? hardPrompts(2, [name], {}) : hardPrompts(3, [name], { [name]: kept });
      return { name, label, phrase, text };
    }),
  );
  return { whole: hardPrompts(3, classes, descriptions), changes };
}
