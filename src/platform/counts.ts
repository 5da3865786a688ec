/** Counts by name, for messages on skipped files and images. */

/** Number of occurrences of each name, in descending order. */
export function countByName(files: Iterable<{ readonly name: string }>): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { name } of files) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)));
}

/** A message such as "2 of 5 files were passed over: 1 HEIC, 1 JPEG XL"; undefined if there are none. */
export function passedOverText(counts: Readonly<Record<string, number>>, files: number): string | undefined {
  const passed = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (passed === 0) return undefined;
  return `${passed} of ${files} files ${passed === 1 ? "was" : "were"} passed over: ${countsText(counts)}`;
}

/** A list of counts such as "3 HEIC, 2 links to nothing". */
export function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${count === 1 ? name : plural(name)}`)
    .join(", ");
}

/** The plural of a name; names of formats do not change. */
const plural = (name: string): string => name.replace(/^[a-z]+/, "$&s").replace(/ video$/, " videos");
