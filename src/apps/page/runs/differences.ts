/** Settings that differ between two runs. */

type Config = Readonly<Record<string, unknown>>;

/** Settings that differ, except the output folder, by name: both values as text, "–" if one is missing. */
export function differences(first: Config, second: Config): (readonly [name: string, first: string, second: string])[] {
  const names = [...new Set([...Object.keys(first), ...Object.keys(second)])].sort();
  return names
    .filter((name) => name !== "out")
    .map((name) => [name, textOf(first[name]), textOf(second[name])] as const)
    .filter(([, a, b]) => a !== b);
}

function textOf(value: unknown): string {
  if (value === undefined || value === null) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
