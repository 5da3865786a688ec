/*
 * Stands for the compiled `sessionWorker.node.ts` in a checkout, and is no part of the build. A worker thread does not inherit the
 * loader that lets its process read TypeScript, so it registers one.
 */
import { register } from "tsx/esm/api";

register();
await import("./sessionWorker.node.ts");
