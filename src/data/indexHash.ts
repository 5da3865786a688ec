import { createHash } from "node:crypto";
import type { Split } from "./sample.ts";

/**
 * SHA-256 in hexadecimal over a split's name, classes and, in order, each sample's file, label, target and box. It does not
 * depend on where the data lies, and does not read the images.
 */
export function hashIndex(split: Pick<Split, "name" | "classes" | "samples">): string {
  const hash = createHash("sha256");
  hash.update(`${JSON.stringify([split.name, split.classes])}\n`);
  for (const { file, label, target, box } of split.samples) {
    hash.update(`${JSON.stringify([file, label, target ?? null, box ?? null])}\n`);
  }
  return hash.digest("hex");
}
