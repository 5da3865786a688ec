/** Licences under which a package may come along, by their SPDX names. LGPL and MPL: used as they come, nothing copied. */
const free: ReadonlySet<string> = new Set([
  ...["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "Unlicense"],
  ...["LGPL-3.0-or-later", "MPL-2.0", "PSF-2.0", "Python-2.0", "CC-BY-4.0"],
]);

/** Whether an SPDX expression is free: all of what AND joins, one of what OR joins. */
export function isFree(expression: string): boolean {
  const bare = expression.replace(/^\((.*)\)$/, "$1");
  if (bare.includes(" AND ")) return bare.split(" AND ").every(isFree);
  return bare.split(" OR ").some((name) => free.has(name));
}

/** Packages that name no licence but a file of their own, by what was read there. */
export const readLicences: Readonly<Record<string, string>> = { spawndamnit: "MIT" };
