/** Temporary folder for the trainings of one test file: a tiny backbone, a drawn data set and the runs. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { trainSchema } from "../src/runs/options.ts";
import { drawnFolder } from "./drawnFolder.ts";
import { writeTinyBackbone } from "./tinyBackbone.ts";

export class TrainingFolder {
  path = "";
  backbone = "";
  data = "";

  constructor(images: Parameters<typeof drawnFolder>[1] = { train: 4, valid: 2 }) {
    beforeAll(async () => {
      this.path = await mkdtemp(join(tmpdir(), "mpa-fer-training-"));
      this.backbone = await writeTinyBackbone(join(this.path, "backbone"));
      this.data = await drawnFolder(join(this.path, "data"), images);
    });
    afterAll(() => rm(this.path, { recursive: true, force: true }));
  }

  /** short training of two epochs of three steps into the folder `name` */
  config(name: string, options: Readonly<Record<string, unknown>> = {}) {
    const { data, backbone } = this;
    const quick = { variant: "coop", augment: "none", epochs: 2, batchSize: 4, hardPrompt: 1, threads: 1 };
    return trainSchema.config.parse({ data, dataset: "folder", backbone, out: this.file(name), ...quick, ...options });
  }

  file(...parts: readonly string[]): string {
    return join(this.path, ...parts);
  }

  async json(...parts: readonly string[]) {
    return JSON.parse(await readFile(this.file(...parts), "utf8"));
  }
}
