/**
 * Accuracy beside packages that read expressions in Node and Python, each with its own detector or on faces that are cut out.
 *
 *   npm install --prefix /tmp/peers --ignore-scripts @vladmandic/human @vladmandic/face-api @tensorflow/tfjs @tensorflow/tfjs-backend-wasm
 *   python3 -m venv /tmp/fer && /tmp/fer/bin/pip install fer==25.10.3 tensorflow-cpu opencv-python-headless pillow "setuptools<80"
 *   npm run bench:peers:accuracy -- --peers /tmp/peers --fer /tmp/fer/bin/python --data ../shared/data --out docs/records/peers-accuracy.json
 *
 * Without --fer the Python package is left out. DATA has the folders `ferplus` and `wild`. `--every N` reads every Nth news picture.
 * Answers are kept in `--cache`, where a run that was stopped goes on; delete it when a reader changes.
 */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { z } from "zod";
import { expressionNamed } from "../../src/data/expressionNames.ts";
import { ferClasses } from "../../src/data/sample.ts";
import { headlineIntervals } from "../../src/evaluation/intervals.ts";
import { writeFileAtomic } from "../../src/platform/files.node.ts";
import { packageFile, versions } from "../../src/platform/package.node.ts";
import { machine } from "../machine.ts";
import { type Command, Reader, type Reading } from "../photographs/reader.ts";
import { type PictureSet, pictureSets } from "./pictureSets.ts";

const { values: flags } = parseArgs({
  options: {
    peers: { type: "string" },
    fer: { type: "string" },
    data: { type: "string", default: "../shared/data" },
    cache: { type: "string", default: "runs/peers-accuracy" },
    every: { type: "string", default: "1" },
    out: { type: "string" },
  },
});
const { data, cache, peers } = flags;
/** Name of a picture with a reader's word for its face. */
const answer = z.tuple([z.string(), z.string().nullable()]);
if (peers === undefined) throw new Error("--peers: name the folder where the packages are installed");

const script = (file: string) => join(import.meta.dirname, "../photographs", file);
const own: Command = [process.execPath, "--import", "tsx", script("ownReader.ts"), packageFile(".")];
const peer = (name: string): Command => [process.execPath, script("peerReader.mjs"), name, peers];
const fer = (...args: string[]): Readonly<Record<string, Command>> =>
  flags.fer === undefined ? {} : { fer: [flags.fer, script("ferReader.py"), ...args] };

/** The command of each reader, by its name in the record. */
const readersOf = ({ isCut }: PictureSet): Readonly<Record<string, Command>> =>
  isCut
    ? {
        "mpa-fer": [...own, "face"],
        human: peer("human, net"),
        "face-api": peer("face-api, net"),
        ...fer("face"),
      }
    : {
        "mpa-fer": own,
        human: peer("human, mesh"),
        "face-api tiny": peer("face-api tiny"),
        "face-api ssd": peer("face-api ssd"),
        ...fer(),
      };

const notes = [
  "A face that is not found counts as wrong; of several faces in a picture the largest counts.",
  "Contempt is left out: mpa-fer has it as an eighth answer, which is then wrong; the others have seven.",
  "UAR on news faces is the mean recall of the five expressions with 50 pictures and more in the whole set.",
  "human: its detector and face mesh at their defaults, but up to 20 faces; cut out: its expression net alone, with the package's own steps before it.",
  "face-api: its detectors at their defaults, faces aligned by its 68 landmarks; cut out: its expression net alone.",
  "fer (Python): its cascade and eight-bit network at their defaults; cut out: the whole picture as the face, with nothing added around it.",
  "deepface and EmotiEffLib (hsemotion) are left out: their packages (PyPI deepface 0.0.103, emotiefflib 1.1.1, hsemotion-onnx 0.3.1) hold no weights and download them at run time, which this machine cannot.",
];

const folder = await mkdtemp(join(tmpdir(), "mpa-fer-peers-"));
try {
  const sets = await pictureSets({ data, cache, every: Number(flags.every) }, folder);
  const work = sets.flatMap((set) =>
    Object.entries(readersOf(set)).map(([reader, command]) => ({ set, reader, command })),
  );
  const rows = await Promise.all(
    work.map(async ({ set, reader, command }) => {
      const row = { set: set.name, reader, ...figuresOf(set, await answersOf(set, reader, command)) };
      process.stderr.write(`${JSON.stringify(row)}\n`);
      return row;
    }),
  );
  const record = {
    command: `npm run bench:peers:accuracy -- --peers DIR${flags.fer === undefined ? "" : " --fer PYTHON"} --data ../shared/data --every ${flags.every} --out docs/records/peers-accuracy.json`,
    ...{ machine: machine(), versions: { ...versions(), ...(await peerVersions(peers)) } },
    sets: sets.map(({ name, what, pictures, recalled }) => ({
      ...{ name, what, pictures: pictures.length, uarOver: ferClasses.slice(0, recalled) },
    })),
    notes,
    rows,
  };
  if (flags.out !== undefined) await writeFileAtomic(flags.out, `${JSON.stringify(record, null, 1)}\n`);
  process.stdout.write(tableOf(rows));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** The reader's word for the largest face in each picture; null where it found none. Those that the cache holds are not read again. */
async function answersOf(set: PictureSet, reader: string, command: Command): Promise<readonly (string | null)[]> {
  const file = join(cache, `${set.name}-${reader}.json`.replaceAll(/[ ,]+/g, "-"));
  const known = new Map(z.array(answer).parse(JSON.parse(existsSync(file) ? await readFile(file, "utf8") : "[]")));
  const process = await Reader.start(reader, command);
  for (const [i, { path }] of set.pictures.entries()) {
    const name = basename(path);
    if (!known.has(name)) known.set(name, largest(await process.read(path))?.label ?? null);
    if (i % 20 === 0 || i === set.pictures.length - 1) await writeFileAtomic(file, JSON.stringify([...known]));
  }
  process.stop();
  return set.pictures.map(({ path }) => known.get(basename(path)) ?? null);
}

function largest({ faces }: Reading) {
  const size = ({ box: [, , width, height] }: Reading["faces"][number]) => width * height;
  return faces.toSorted((a, b) => size(b) - size(a)).at(0);
}

/** Accuracy and UAR with their 95 % intervals, and the accuracy over the faces that were found. */
function figuresOf({ pictures, recalled }: PictureSet, answers: readonly (string | null)[]) {
  const labels = pictures.map(({ label }) => label);
  const predicted = answers.map((word) => (word === null ? -1 : classNamed(word)));
  const share = (rows: readonly number[]) =>
    rounded(rows.filter((i) => predicted[i] === labels[i]).length / rows.length);
  const all = [...labels.keys()];
  const found = all.filter((i) => answers[i] !== null);
  const frequent = all.filter((i) => labels[i] < recalled);
  const recalls = ferClasses.slice(0, recalled).map((_, c) => share(all.filter((i) => labels[i] === c)));
  const intervals = (rows: readonly number[]) =>
    headlineIntervals(
      rows.map((i) => predicted[i]),
      rows.map((i) => labels[i]),
      ferClasses.length,
    );
  return {
    ...{ n: all.length, missed: all.length - found.length },
    ...{ accuracy: share(all), accuracyInterval: intervals(all).accuracy.map(rounded) },
    uar: rounded(recalls.reduce((sum, recall) => sum + recall, 0) / recalled),
    uarInterval: intervals(frequent).uar.map(rounded),
    accuracyOfFound: found.length === 0 ? null : share(found),
    recall: Object.fromEntries(recalls.map((recall, c) => [ferClasses[c], recall])),
  };
}

/** Index of the class that a reader's word names. */
function classNamed(word: string): number {
  const name = expressionNamed(word);
  if (name === undefined) throw new Error(`${word} names no expression`);
  return ferClasses.indexOf(name);
}

async function peerVersions(root: string): Promise<Record<string, string>> {
  const names = ["@vladmandic/human", "@vladmandic/face-api", "@tensorflow/tfjs"];
  const version = z.object({ version: z.string() });
  const read = async (name: string): Promise<[string, string]> => {
    const file = join(root, "node_modules", name, "package.json");
    return [name, version.parse(JSON.parse(await readFile(file, "utf8"))).version];
  };
  return Object.fromEntries(await Promise.all(names.map(read)));
}

function rounded(value: number): number {
  return Math.round(1e4 * value) / 1e4;
}

type Row = ReturnType<typeof figuresOf> & { readonly set: string; readonly reader: string };

function tableOf(rows: readonly Row[]): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)}`;
  const between = ([low, high]: readonly number[]) => `(${percent(low)}–${percent(high)})`;
  const lines = rows.map((row) => {
    const accuracy = `${percent(row.accuracy)} % ${between(row.accuracyInterval)}`;
    const uar = `${percent(row.uar)} % ${between(row.uarInterval)}`;
    const found = row.accuracyOfFound === null ? "–" : `${percent(row.accuracyOfFound)} %`;
    return `| ${row.set} | ${row.reader} | ${row.missed} of ${row.n} | ${accuracy} | ${uar} | ${found} |`;
  });
  const head = ["| faces | reader | missed | accuracy | UAR | accuracy of found faces |", "|---|---|---|---|---|---|"];
  return `${[...head, ...lines].join("\n")}\n`;
}
