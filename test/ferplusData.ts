/** Where the FER+ faces are, for tests that need real ones; they skip, and say so, where there are none. */
import { existsSync } from "node:fs";
import { join } from "node:path";

const candidates = [process.env.MPA_FER_DATA ?? "", join(import.meta.dirname, "../../shared/data")].filter(
  (path) => path !== "",
);

const found = candidates.map((path) => join(path, "ferplus")).find((path) => existsSync(join(path, "FER2013Train")));

/** The folder with FER2013Train, or undefined. Set MPA_FER_DATA to the folder that holds `ferplus`. */
export const ferplus: string | undefined = found;

if (found === undefined) console.warn("FER+ is not here (MPA_FER_DATA): tests on real faces are skipped");
