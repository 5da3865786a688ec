/** The package as made by `npm pack` from the build. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";

const answer = z.array(
  z.object({
    filename: z.string(),
    /** bytes */
    size: z.number(),
    unpackedSize: z.number(),
    files: z.array(z.object({ path: z.string(), size: z.number() })),
  }),
);

export interface Packed {
  readonly tarball: string;
  /** bytes of the tarball */
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** Packs the repository into `folder` without building it. */
export function pack(folder: string): Packed {
  const words = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const text = execFileSync("npm", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const [{ filename, size, files }] = answer.parse(JSON.parse(text));
  return { tarball: join(folder, filename), size, files };
}

/** Unpacked bytes of the files whose paths match. */
export const unpackedSize = ({ files }: Packed, fits: (path: string) => boolean): number =>
  files.filter(({ path }) => fits(path)).reduce((sum, { size }) => sum + size, 0);

export const isModel = (path: string): boolean => path.startsWith("models/");
