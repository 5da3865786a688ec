/** SPDX names of licences that a package may have. LGPL and MPL are accepted for unmodified packages. */
const free: ReadonlySet<string> = new Set([
  ...["0BSD", "Apache-2.0", "BlueOak-1.0.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "Unlicense"],
  ...["LGPL-3.0-or-later", "MPL-2.0", "PSF-2.0", "Python-2.0", "CC-BY-4.0"],
]);

/** Whether an SPDX expression is free: all operands of AND, one operand of OR. */
export function isFree(expression: string): boolean {
  const bare = expression.replace(/^\((.*)\)$/, "$1");
  if (bare.includes(" AND ")) return bare.split(" AND ").every(isFree);
  return bare.split(" OR ").some((name) => free.has(name));
}

/** Packages that declare a licence file instead of an SPDX name, with the licence of that file. */
export const readLicences: Readonly<Record<string, string>> = { "png-js": "MIT", spawndamnit: "MIT" };
