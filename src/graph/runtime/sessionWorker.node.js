/*
 * Takes the place of the compiled `sessionWorker.node.ts` in a checkout; the build leaves it out. A worker thread does not inherit the
 * loader by which its process reads TypeScript, so it registers one.
 */

import { register } from "tsx/esm/api";

register();
await import("./sessionWorker.node.ts");
