/** Child process that fuzzes readers, so that its parent detects crashes and hangs. */
import { fuzzReader } from "./fuzzReader.ts";
import { readers } from "./readers/index.ts";

/** Milliseconds between heartbeats. */
const beat = 100;

const [names, inputs, seed] = process.argv.slice(2);
const send = (message: unknown) => process.send?.(message);
let last = 0;
/** Extremes are reported before they are read, as they may end the process. */
const onInput = (input: string, folder: string) => {
  const isExtreme = input.includes(" × ");
  if (!isExtreme && performance.now() - last < beat) return;
  last = performance.now();
  send({ input, folder });
};

for (const reader of readers.filter(({ name }) => names.split(",").includes(name))) {
  send(await fuzzReader(reader, Number(inputs), Number(seed), onInput));
}
process.disconnect?.();
