/** A name for each of many files in one folder, whatever they were called where they came from. */

/** `STEM.EXTENSION`, or `STEM-2.EXTENSION` and so on where that is taken; names that differ in case alone are one. */
export function freeName(stem: string, extension: string, taken: Set<string>): string {
  let name = `${stem}.${extension}`;
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${stem}-${n}.${extension}`;
  taken.add(name.toLowerCase());
  return name;
}
