/** Names that are special to terminals, spreadsheets, browsers or parsers, and results that are full of them. */
import fc from "fast-check";
import { scoreClassification } from "../src/evaluation/metrics.ts";
import type { FacePrediction } from "../src/faces/recognizer.ts";

/** Names that are special to some format or program. */
export const hostile = [
  ...[
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "../x",
    "..",
    "a/b",
    "C:\\x",
    "null",
    "true",
    "1e3",
    "10",
  ],
  ...["=cmd()", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''=1", "'", '"', '""', "a,b", 'a"b', ";"],
  ...[
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "</text><a>",
    "&lt;",
    "&#0;",
    "-->",
    "]]>",
    "`x`",
    "``",
  ],
  ...[
    "# ---",
    "---",
    "\n---\n",
    "line\n\n# heading",
    "|",
    "\\|",
    "a|b",
    "[x](javascript:x)",
    "![x](y)",
    "**x**",
    "~x~",
    "$x$",
  ],
  ...[
    "www.example.org",
    "http://example.org",
    "someone@example.org",
    "\\",
    "\\u001b",
    "*",
    "&*x",
    "!!js x",
    "? x",
    "- x",
  ],
  ...[
    "\u001b[2J",
    "\u001b]0;x\u0007",
    "\u009b31m",
    "\u0000",
    "\u007f",
    "\r",
    "\n",
    "\r\n",
    "\u2028",
    "\u2029",
    "\u0085",
  ],
  ...[
    "\u202egnp.exe",
    "\u2066x\u2069",
    "\ufeff",
    "\ufffe",
    "\uffff",
    "\ud800",
    "\udc00x",
    "😀",
    " x ",
    "x".repeat(200),
  ],
];

/** A harmless name beside the hostile one. */
export const other = "other";

const piece = fc.oneof(fc.constantFrom(...hostile), fc.string({ unit: "binary", maxLength: 4 }));
const names = fc
  .oneof(
    fc.constantFrom(...hostile),
    fc.array(piece, { maxLength: 4 }).map((parts) => parts.join("")),
  )
  .filter((name) => name !== "" && name !== other);

/** Checks the hostile names, and names made of pieces of them. */
export const check = (holds: (name: string) => void | Promise<void>) =>
  fc.assert(
    fc.asyncProperty(names, async (name) => holds(name)),
    { numRuns: 200, examples: hostile.map((name): [string] => [name]) },
  );

/** A name as stored in a file: UTF-8 has no lone surrogates. */
export const stored = (text: string): string => Buffer.from(text).toString();

/** A face whose label is the name. */
export const face = (name: string): FacePrediction => ({
  ...{ box: [1, 2, 3, 4], score: 0.75, label: name, confident: true },
  probabilities: Object.fromEntries([
    [name, 0.75],
    [other, 0.25],
  ]),
});

/** Metrics of two faces, of the named class and of the other. */
export const metricsOf = (name: string) =>
  scoreClassification({ probabilities: [0.75, 0.25, 0.75, 0.25], labels: [0, 1], classes: [name, other] });
