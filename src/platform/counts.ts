/** Counts by name, such as of skipped files by kind or of images by class, and their texts. */

/** A number with separators of thousands: 12271 → "12,271". */
export const numberText = (value: number): string => value.toLocaleString("en-US");

/** A count with its noun: "1 epoch", "12,271 images". */
export const counted = (count: number, noun: string, plural = `${noun}s`): string =>
  `${numberText(count)} ${count === 1 ? noun : plural}`;

/** Counts the names, in descending order of their counts. */
export function countByName(files: Iterable<{ readonly name: string }>): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { name } of files) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(inDescendingOrder(counts));
}

/** "2 of 5 files were passed over: 1 HEIC, 1 JPEG XL"; undefined where none was. */
export function passedOverText(counts: Readonly<Record<string, number>>, files: number): string | undefined {
  const passed = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (passed === 0) return undefined;
  return `${passed} of ${counted(files, "file")} ${passed === 1 ? "was" : "were"} passed over: ${countsText(counts)}`;
}

/** Text of counts by kind, with the plural of words: "3 HEIC, 2 links to nothing". */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${count === 1 ? name : pluralOf(name)}`)
    .join(", ");
}

/**
 * Text of counts by names that are not nouns of what is counted, such as classes: "3 anger, 1 fear". Names stand unchanged, in
 * descending order of their counts; the order of the object's keys would put integer-like names first.
 */
export const namedCountsText = (counts: Readonly<Record<string, number>>): string =>
  inDescendingOrder(Object.entries(counts))
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");

/** Ties go by name. */
const inDescendingOrder = (counts: Iterable<[string, number]>): [string, number][] =>
  [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));

/** Plural of a word; abbreviations and endings have none. */
const pluralOf = (name: string): string => name.replace(/^[a-z]+/, "$&s").replace(/ video$/, " videos");
