/**
 * Rate of the page's camera loop in Chromium, with everything computed in the browser: a face that moves before a camera of 640 × 480.
 *
 *   npm install --prefix /tmp/peers --ignore-scripts @vladmandic/human @tensorflow/tfjs-backend-wasm
 *   npm run bench:camera -- --peers /tmp/peers --out docs/records/camera.json
 *
 * With --peers, @vladmandic/human reads the same film afterwards, in WebAssembly as well. --face names a picture of one face, in place of a drawn one; --seconds is what is measured, after two to warm up. CPU time is that of
 * the renderer's process, from /proc: unlike the rate, it hardly depends on what else the machine does (`load`).
 */
import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Page } from "playwright-core";
import sharp from "sharp";
import { build } from "vite";
import { drawnFace, render } from "../src/apps/demo/dataset.ts";
import { serveSchema } from "../src/apps/serve/options.ts";
import { startServer } from "../src/apps/serve/server.ts";
import { writeFileAtomic } from "../src/platform/files.node.ts";
import { versions } from "../src/platform/package.node.ts";
import { launchChromium } from "../test/browser/chromium.ts";
import { y4m } from "../test/browser/y4m.ts";
import { canvas, pixelsOf } from "../test/canvas.ts";
import pageConfig from "../vite.page.config.ts";
import type { LoopRecord } from "./camera/page.ts";
import { machine } from "./machine.ts";

const { values: flags } = parseArgs({
  options: {
    peers: { type: "string" },
    face: { type: "string" },
    seconds: { type: "string", default: "20" },
    out: { type: "string" },
  },
});
const [width, height, framesPerSecond] = [640, 480, 30];
const asked = [width, height, Number(flags.seconds)] as const;

/** What a page's loop did in some seconds: frames that were answered, and those of them with a face. */
type Loop = Pick<LoopRecord, "seconds" | "answers" | "withFace">;

declare global {
  interface Window {
    /** that of `camera/human.mjs` */
    humanBench: {
      open(): Promise<{ readonly runsOn: string; readonly isolated: boolean }>;
      read(width: number, height: number, seconds: number): Promise<Loop>;
    };
  }
}

const folder = await mkdtemp(join(tmpdir(), "mpa-fer-camera-"));
try {
  const film = join(folder, "film.y4m");
  await writeFile(film, await movingFace());
  const pageFolder = join(folder, "page");
  const root = join(import.meta.dirname, "camera");
  const { outDir: _, rolldownOptions: __, ...options } = pageConfig.build ?? {};
  await build({ ...pageConfig, configFile: false, logLevel: "error", root, build: { ...options, outDir: pageFolder } });
  const { peers } = flags;
  if (peers !== undefined) await addHuman(peers, pageFolder);
  const record = {
    command: `npm run bench:camera --${peers === undefined ? "" : " --peers DIR"}${flags.face === undefined ? "" : " --face FILE"} --seconds ${flags.seconds} --out FILE`,
    ...{ machine: machine(), versions: versions() },
    ...{
      camera: `${width}×${height}, ${framesPerSecond} frames/s`,
      face: flags.face === undefined ? "drawn" : "given",
    },
    ...(await measured(film, pageFolder)),
    human: peers && (await humanMeasured(film, pageFolder)),
  };
  if (flags.out !== undefined) await writeFileAtomic(flags.out, `${JSON.stringify(record, null, 1)}\n`);
  process.stdout.write(`${JSON.stringify(record, null, 1)}\n`);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Two seconds of a face of 180 pixels on a circle, a second a turn each way, so that the film has no cut where it starts again. */
async function movingFace(): Promise<Uint8Array> {
  const side = 180;
  const given = flags.face === undefined ? await render(drawnFace(1, "test", 0, "happiness"), 300) : flags.face;
  const picture = await sharp(given).toColourspace("srgb").resize(side, side, { fit: "cover" }).png().toBuffer();
  const frames = [];
  for (let i = 0; i < 2 * framesPerSecond; i++) {
    const angle = (2 * Math.PI * i) / (2 * framesPerSecond);
    const place = { left: Math.round(230 + 120 * Math.cos(angle)), top: Math.round(150 + 80 * Math.sin(angle)) };
    frames.push(await pixelsOf(await canvas(width, height, [{ picture, side, ...place }])));
  }
  return y4m(frames, framesPerSecond);
}

/** The package as npm installed it, its models and its WebAssembly, beside the page. */
async function addHuman(peers: string, pageFolder: string): Promise<void> {
  const camera = join(import.meta.dirname, "camera");
  const page = await readFile(join(camera, "index.html"), "utf8");
  await writeFile(join(pageFolder, "human.html"), page.replace("./page.ts", "./human.mjs"));
  await copyFile(join(camera, "human.mjs"), join(pageFolder, "human.mjs"));
  const packages = join(peers, "node_modules");
  for (const part of ["dist", "models"]) {
    await cp(join(packages, "@vladmandic/human", part), join(pageFolder, "human", part), { recursive: true });
  }
  await cp(join(packages, "@tensorflow/tfjs-backend-wasm/dist"), join(pageFolder, "wasm"), { recursive: true });
}

/** Runs `work` on a page of `pageFolder` in a browser of its own whose camera plays the film. */
async function onPage<T>(film: string, pageFolder: string, path: string, work: (page: Page) => Promise<T>): Promise<T> {
  const config = serveSchema.config.parse({ port: 0, quiet: true, threads: 1 });
  // The model process is a fork of this one, so it needs a loader for TypeScript.
  if (!process.execArgv.includes("tsx")) process.execArgv.push("--import", "tsx");
  const server = await startServer(config, () => undefined, pageFolder);
  const browser = await launchChromium([
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${film}`,
  ]);
  try {
    const page = await browser.newPage();
    page.on("console", (message) => message.type() === "error" && process.stderr.write(`${message.text()}\n`));
    page.on("pageerror", ({ message }) => process.stderr.write(`${message}\n`));
    await page.goto(new URL(path, server.url).href);
    return await work(page);
  } finally {
    await browser.close();
    await server.close();
  }
}

function measured(film: string, pageFolder: string) {
  return onPage(film, pageFolder, ".", async (page) => {
    await page.waitForFunction(() => "cameraBench" in window);
    const opened = await page.evaluate(() => window.cameraBench.open());
    const before = await rendererSeconds();
    const loop = await page.evaluate(([w, h, s]) => window.cameraBench.read(w, h, s), asked);
    const { frames, detections, reads, detectionSeconds, followingSeconds, readingSeconds } = loop.work;
    return {
      ...{ browser: `Chromium ${page.context().browser()?.version()}`, ...opened },
      ...rates(loop),
      tracks: loop.tracks,
      ms_a_detection: round((1000 * detectionSeconds) / detections),
      ms_a_followed_frame: round((1000 * followingSeconds) / (frames - detections)),
      ms_a_read: round((1000 * readingSeconds) / reads),
      detections_a_frame: round(detections / frames, 3),
      reads_a_frame: round(reads / frames, 3),
      ...processorTime(loop, (await rendererSeconds()) - before),
    };
  });
}

function humanMeasured(film: string, pageFolder: string) {
  return onPage(film, pageFolder, "human.html", async (page) => {
    await page.waitForFunction(() => "humanBench" in window);
    const opened = await page.evaluate(() => window.humanBench.open());
    const before = await rendererSeconds();
    const loop = await page.evaluate(([w, h, s]) => window.humanBench.read(w, h, s), asked);
    return { ...opened, ...rates(loop), ...processorTime(loop, (await rendererSeconds()) - before) };
  });
}

function rates({ answers, seconds, withFace }: Loop) {
  return { frames_per_s: round(answers / seconds), frames_with_face: round(withFace / answers, 3) };
}

/** Of a frame; `cpu` is the seconds of the whole loop, with the two of warming up. */
function processorTime({ answers, seconds }: Loop, cpu: number) {
  const cpuOfFrame = cpu / ((answers * (seconds + 2)) / seconds);
  return {
    renderer_cpu_ms_a_frame: round(1000 * cpuOfFrame),
    frames_a_cpu_second: round(1 / cpuOfFrame),
    /** processes that wanted one of the machine's cores, the mean of the last minute */
    load: round(loadavg()[0]),
  };
}

/** Processor seconds of the renderers among the processes below this one. */
async function rendererSeconds(): Promise<number> {
  const parents = new Map<number, number>();
  const times = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const [stat, command] = await Promise.all(
      ["stat", "cmdline"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")),
    );
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    parents.set(pid, Number(fields[1]));
    // User and system time in hundredths of a second.
    if (command.includes("--type=renderer")) times.set(pid, (Number(fields[11]) + Number(fields[12])) / 100);
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  return [...times].reduce((sum, [pid, seconds]) => sum + (isOurs(pid) ? seconds : 0), 0);
}

function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
