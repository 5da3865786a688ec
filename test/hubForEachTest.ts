/** Starts a hub server with an empty cache for each test of a file. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { hubBackbone } from "../src/clip/hub/fetch.node.ts";
import { commit, files, name, patience, repo } from "./hubModel.ts";
import { HubServer } from "./hubServer.ts";

export class HubForEachTest {
  server = newServer();
  endpoint = "";
  cacheFolder = "";

  constructor() {
    beforeEach(async () => {
      this.server = newServer();
      this.endpoint = await this.server.listen();
      this.cacheFolder = await mkdtemp(join(tmpdir(), "mpa-fer-hub-"));
    });
    afterEach(async () => {
      await this.server.close();
      await rm(this.cacheFolder, { recursive: true, force: true });
    });
  }

  open(options: Partial<Parameters<typeof hubBackbone>[1]> = {}, context = {}) {
    const { endpoint, cacheFolder } = this;
    return hubBackbone(name, { endpoint, cacheFolder, offline: false, patience, ...options }, context);
  }

  blobs(): string {
    return join(this.cacheFolder, "models--someone--clip", "blobs");
  }
}

const newServer = () => new HubServer({ files, large: ["model.safetensors"], repo, commit });
