/**
 * `npm run demo:site`: a static site with the page in the browser's mode, a finished demo and the documentation:
 *
 *   npm run demo:site -- [--out demo-site] [--demo runs/demo]
 *
 * Without `--demo` it runs the demo first, which takes about two minutes.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeDemoSite } from "./demoSite/writeDemoSite.ts";
import { root } from "./docs/contents.ts";
import { buildSite } from "./docs/site/buildSite.ts";

const { values } = parseArgs({ options: { out: { type: "string", default: "demo-site" }, demo: { type: "string" } } });
const work = await mkdtemp(join(tmpdir(), "mpa-fer-demo-site-"));
try {
  const demo = values.demo === undefined ? runDemo(join(work, "demo")) : resolve(values.demo);
  const guide = join(work, "guide");
  await buildSite(guide);
  const out = resolve(values.out);
  await writeDemoSite(out, { page: join(root, "dist/page"), models: join(root, "models"), demo, guide });
  console.log(`${out}: serve this folder with any file server, such as: npx vite preview --outDir ${values.out}`);
} finally {
  await rm(work, { recursive: true, force: true });
}

function runDemo(out: string): string {
  const main = join(root, "dist/apps/cli/main.js");
  execFileSync(process.execPath, [main, "demo", "--out", out], { stdio: "inherit" });
  return out;
}
