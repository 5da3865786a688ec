/** Files that somebody chose or dropped: the pictures among them, and what the others are. */
import { endingOf, kindByName } from "../../../pictures/kinds.ts";
import { countByName, passedOverText } from "../../../platform/counts.ts";

export interface ChosenFiles {
  /** also photographs of kinds that this browser may not read, which then say so themselves */
  readonly pictures: readonly File[];
  /** "1 of 3 files was passed over: 1 PDF"; undefined where none was */
  readonly passedOver: string | undefined;
}

export function chosenFiles(files: readonly File[]): ChosenFiles {
  const pictures = files.filter(isPicture);
  const others = files.filter((file) => !isPicture(file)).map(({ name }) => ({ name: nameOfKind(name) }));
  return { pictures, passedOver: passedOverText(countByName(others), files.length) };
}

/** Browsers know no type of many photographs, HEIC among them. */
function isPicture({ type, name }: File): boolean {
  const kind = kindByName(name);
  return type.startsWith("image/") || kind?.format !== undefined || kind?.convert !== undefined;
}

function nameOfKind(name: string): string {
  const ending = endingOf(name);
  return kindByName(name)?.name ?? (ending === undefined ? "file without an ending" : `.${ending}`);
}
