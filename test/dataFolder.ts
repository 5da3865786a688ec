/** Temporary folder of a data set, a new one for each test of a file. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { writeFiles } from "./emptyFiles.ts";

export class DataFolder {
  root = "";

  constructor() {
    beforeEach(async () => {
      this.root = await mkdtemp(join(tmpdir(), "mpa-fer-data-"));
    });
    afterEach(() => rm(this.root, { recursive: true }));
  }

  put(path: string, content: string | Uint8Array = ""): Promise<void> {
    return writeFiles(this.root, { [path]: content });
  }
}
