/** Location of the FER+ faces for tests that need real ones; without them these tests are skipped. */
import { existsSync } from "node:fs";
import { join } from "node:path";

const candidates = [process.env.MPA_FER_DATA ?? "", join(import.meta.dirname, "../../shared/data")].filter(
  (path) => path !== "",
);

const found = candidates.map((path) => join(path, "ferplus")).find((path) => existsSync(join(path, "FER2013Train")));

/** Folder with FER2013Train, or undefined. MPA_FER_DATA sets the folder that contains `ferplus`. */
export const ferplus: string | undefined = found;

if (found === undefined) console.warn("FER+ is not here (MPA_FER_DATA): tests on real faces are skipped");
