/**
 * Reads the expressions of faces with one thread: `tsx ownReader.ts ROOT [face]`, ROOT being a checkout of this project; with `face`
 * each picture is one face, cut out. Each line on standard input is the path of a picture; each answer is a line with the CPU
 * milliseconds of this process and the faces.
 */
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

type Recognizers = typeof import("../../src/faces/recognizer.node.ts");

const [root, kind] = process.argv.slice(2);
const module: Recognizers = await import(pathToFileURL(join(root, "src/faces/recognizer.node.ts")).href);
await using fer = await module.ExpressionRecognizer.load({ threads: 1 });
const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
say({ ready: true });
for await (const path of createInterface({ input: process.stdin })) {
  const start = process.cpuUsage();
  const faces = await fer.predict(path, { detect: kind !== "face" });
  const { user, system } = process.cpuUsage(start);
  say({ ms: (user + system) / 1000, faces: faces.map(({ box, label }) => ({ box, label })) });
}
