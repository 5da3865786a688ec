/**
 * CPU time of a photograph, with one thread, beside packages that do the same in Node and MediaPipe's detectors, picture by picture
 * in turns.
 *
 *   npm install --prefix /tmp/peers --ignore-scripts @vladmandic/human @vladmandic/face-api @tensorflow/tfjs @tensorflow/tfjs-backend-wasm
 *   python3 -m venv /tmp/mediapipe && /tmp/mediapipe/bin/pip install mediapipe==0.10.21 pillow
 *   npm run bench:peers:photographs -- --peers /tmp/peers --mediapipe /tmp/mediapipe/bin/python --out FILE
 *
 * Without --peers and --mediapipe only mpa-fer is measured; a package that is not there is left out. MediaPipe 0.10.21 is the last
 * with models in its wheel; it finds faces and reads no expressions. --faces names a folder of pictures of one face
 * each to compose the photographs of, in place of drawn ones; --baseline another checkout of this project, to measure beside it;
 * --most the number of pictures of one size.
 */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "../../src/platform/files.node.ts";
import { packageFile, versions } from "../../src/platform/package.node.ts";
import { machine } from "../machine.ts";
import { median, quartiles } from "../statistics.ts";
import { type Command, Reader, type Reading } from "./reader.ts";
import { type Scenes, writeScenes } from "./scenes.ts";

const { values: flags } = parseArgs({
  options: {
    peers: { type: "string" },
    mediapipe: { type: "string" },
    baseline: { type: "string" },
    faces: { type: "string" },
    most: { type: "string", default: "60" },
    out: { type: "string" },
  },
});

/** Names of the options that were given; their values are places on this machine. */
const given = process.argv.slice(2).flatMap((arg) => (arg.startsWith("--") ? [arg.slice(2)] : []));

/** Names of readers in `peerReader.mjs`, by the package that they need. */
const peers = [
  { name: "human", package: "@vladmandic/human" },
  { name: "face-api tiny", package: "@vladmandic/face-api" },
  { name: "face-api ssd", package: "@vladmandic/face-api" },
];

const say = (line: string) => process.stderr.write(`${line}\n`);
const folder = await mkdtemp(join(tmpdir(), "mpa-fer-photographs-"));
const readers: Reader[] = [];
try {
  const scenes = await writeScenes(folder, { faces: flags.faces, most: Number(flags.most) });
  await startReaders();
  const rows = [];
  for (const each of scenes) rows.push(...(await measured(each)));
  const record = {
    command: `npm run bench:peers:photographs -- ${given.map((name) => `--${name}`).join(" ")}`,
    ...{ machine: machine(), versions: versions(), threads: 1, faces: flags.faces === undefined ? "drawn" : "given" },
    load_average: loadavg()[0],
    rows,
  };
  if (flags.out !== undefined) await writeFileAtomic(flags.out, `${JSON.stringify(record, null, 1)}\n`);
  process.stdout.write(tableOf(rows));
} finally {
  for (const reader of readers) reader.stop();
  await rm(folder, { recursive: true, force: true });
}

async function startReaders(): Promise<void> {
  const own = (root: string): Command => [
    process.execPath,
    "--import",
    "tsx",
    join(import.meta.dirname, "ownReader.ts"),
    root,
  ];
  readers.push(await Reader.start("mpa-fer", own(packageFile("."))));
  if (flags.baseline !== undefined) readers.push(await Reader.start("mpa-fer, baseline", own(flags.baseline)));
  for (const peer of peers) {
    if (flags.peers === undefined || !existsSync(join(flags.peers, "node_modules", peer.package))) {
      say(`${peer.name} is left out: install ${peer.package} and name its folder with --peers`);
      continue;
    }
    const script = join(import.meta.dirname, "peerReader.mjs");
    readers.push(await Reader.start(peer.name, [process.execPath, script, peer.name, flags.peers]));
  }
  if (flags.mediapipe === undefined) {
    say("mediapipe is left out: name a Python that has it with --mediapipe");
    return;
  }
  for (const range of ["short", "full"]) {
    const script = join(import.meta.dirname, "mediapipeReader.py");
    readers.push(await Reader.start(`mediapipe ${range}, detection alone`, [flags.mediapipe, script, range]));
  }
}

/** A row a reader. Each has read the first picture twice before, so that code and kernels are compiled. */
async function measured({ name, files, faces }: Scenes) {
  for (const reader of readers) for (let i = 0; i < 2; i++) await reader.read(files[0]);
  const readings = new Map(readers.map((reader): [Reader, Reading[]] => [reader, []]));
  for (const file of files) {
    for (const [reader, own] of readings) own.push(await reader.read(file));
  }
  const [ours] = readings.values();
  return [...readings].map(([reader, own]) => {
    const row = {
      ...{
        pictures: name,
        reader: reader.name,
        placed: faces,
        found: own.reduce((sum, each) => sum + each.faces.length, 0),
      },
      ms: rounded(median(own.map(({ ms }) => ms))),
      ms_quartiles: quartiles(own.map(({ ms }) => ms)).map(rounded),
      /** of pictures next to each other in time: the reader's time over that of mpa-fer */
      ratio: Number(median(own.map(({ ms }, i) => ms / ours[i].ms)).toFixed(2)),
    };
    say(JSON.stringify(row));
    return row;
  });
}

function rounded(milliseconds: number): number {
  return Number(milliseconds.toFixed(1));
}

function tableOf(rows: readonly Awaited<ReturnType<typeof measured>>[number][]): string {
  const lines = rows.map(
    ({ pictures, reader, ms, ratio, found, placed }) =>
      `| ${pictures} | ${reader} | ${ms} | ${ratio} | ${found} of ${placed} |`,
  );
  return `${["| photographs | reader | CPU ms | times mpa-fer's | faces |", "|---|---|---|---|---|", ...lines].join("\n")}\n`;
}
