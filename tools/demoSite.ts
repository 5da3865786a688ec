/**
 * `npm run demo:site`: a static site with the page in the browser's mode, a finished demo and the documentation:
 *
 *   npm run demo:site -- [--out demo-site] [--demo runs/demo]
 *
 * It builds the package first; without `--demo` it also runs the demo, which takes about two minutes.
 */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { writeDemoSite } from "./demoSite/writeDemoSite.ts";
import { root } from "./docs/contents.ts";
import { buildSite } from "./docs/site/buildSite.ts";

const { values } = parseArgs({
  options: { out: { type: "string", default: "demo-site" }, demo: { type: "string" }, help: { type: "boolean" } },
});
if (values.help) console.log("npm run demo:site -- [--out demo-site] [--demo runs/demo]");
else await write(values.out, values.demo);

async function write(folder: string, finished: string | undefined): Promise<void> {
  execFileSync("npm", ["run", "build"], { cwd: root, stdio: "inherit" });
  const work = await mkdtemp(join(tmpdir(), "mpa-fer-demo-site-"));
  try {
    const demo = finished === undefined ? runDemo(join(work, "demo")) : resolve(finished);
    const guide = join(work, "guide");
    await buildSite(guide);
    const out = resolve(folder);
    await writeDemoSite(out, { page: join(root, "dist/page"), models: join(root, "models"), demo, guide });
    console.log(`${out}: serve this folder with any file server, such as: npx vite preview --outDir ${folder}`);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function runDemo(out: string): string {
  const main = join(root, "dist/apps/cli/main.js");
  execFileSync(process.execPath, [main, "demo", "--out", out], { stdio: "inherit" });
  return out;
}
