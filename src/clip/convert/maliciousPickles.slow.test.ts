/** Pickles that would run code, or never end, where they are loaded as Python loads them: all refused, nothing executed. */
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { op, pickle, statePickle, tensor } from "../../../test/fuzz/pickles.ts";
import { storedZip, type ZipEntryOptions } from "../../../test/fuzz/storedZip.ts";
import { convert } from "./convert.node.ts";
import { openTorchArchive } from "./torchArchive.node.ts";

let folder: string;
let trace: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mpa-fer-pickles-"));
  trace = join(folder, "executed");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const command = () => op.text(`touch ${trace}`);
const call = (module: string, name: string, ...args: readonly (readonly number[])[]) =>
  pickle([...op.global(module, name), ...op.mark, ...args.flat(), ...op.tuple, ...op.reduce]);
const latin = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

/** `module` and `name` by STACK_GLOBAL, protocol 4. */
const byStack = (module: string, name: string) => [...op.text(module), ...op.text(name), 0x93];
const dictionary = (...items: readonly (readonly number[])[]) => [
  ...op.emptyDict,
  ...op.mark,
  ...items.flat(),
  ...op.setItems,
];

/** A dictionary in which each of so many levels holds the one below ten times. */
function laughs(levels: number): Uint8Array {
  const level = (i: number) => [
    ...dictionary(...Array.from({ length: 10 }, (_, k) => [...op.text(`k${k}`), ...op.get(i - 1)])),
    ...op.put(i),
  ];
  return pickle([...op.emptyDict, ...op.put(0)], ...Array.from({ length: levels }, (_, i) => level(i + 1)));
}

const setItem = [0x73];
const call0 = (module: string, name: string) => [...op.global(module, name), ...op.emptyTuple, ...op.reduce];

/** None, and so many times this. */
function repeated(codes: readonly number[], count: number): Uint8Array {
  const bytes = new Uint8Array(4 + codes.length * count);
  bytes.set([...op.proto(), 0x4e]);
  for (let at = 3; at < bytes.length - 1; at += codes.length) bytes.set(codes, at);
  bytes[bytes.length - 1] = 0x2e;
  return bytes;
}

/** A dictionary that holds itself under two long keys: 2³² names of 32 keys each. */
const inItself = (length: number) =>
  pickle(
    [...op.emptyDict, ...op.put(0)],
    ...["a", "b"].map((letter) => [...op.text(letter.repeat(length)), ...op.get(0), ...setItem]),
  );

/** A dictionary of so many entries, behind something that memo 0 is to hold. */
function entries(count: number, value: () => readonly number[], first: readonly number[] = [0x4e]): Uint8Array {
  const parts = Array.from({ length: count }, (_, i) => Buffer.from([...op.text(String(i)), ...value()]));
  const start = [...op.proto(), ...first, ...op.put(0), 0x30, ...op.emptyDict, ...op.mark];
  return Buffer.concat([Buffer.from(start), ...parts, Buffer.from([...op.setItems, ...op.stop])]);
}

const deep = (count: number) => [
  ...Array.from({ length: count }, () => 0x5d),
  ...Array.from({ length: count - 1 }, () => 0x61),
];

it.each<[string, () => Uint8Array]>([
  ["os.system", () => call("os", "system", command())],
  ["posix.system", () => call("posix", "system", command())],
  ["nt.system", () => call("nt", "system", command())],
  ["subprocess.Popen", () => call("subprocess", "Popen", command())],
  ["builtins.eval", () => call("builtins", "eval", op.text("__import__('os').system('id')"))],
  ["builtins.exec", () => call("builtins", "exec", op.text("import os"))],
  ["__builtin__.eval, Python 2's name", () => call("__builtin__", "eval", op.text("1"))],
  ["builtins.getattr", () => call("builtins", "getattr", op.text("x"), op.text("y"))],
  ["importlib.import_module", () => call("importlib", "import_module", op.text("os"))],
  ["runpy._run_code", () => call("runpy", "_run_code", op.text("import os"))],
  ["pickle.loads", () => call("pickle", "loads", op.text("x"))],
  ["torch.load", () => call("torch", "load", op.text("other.pt"))],
  ["torch.hub.load", () => call("torch.hub", "load", op.text("x/y"))],
  ["torch._utils.__import__", () => call("torch._utils", "os.system", command())],
  ["numpy's reconstruct", () => call("numpy.core.multiarray", "_reconstruct", op.text("x"))],
  ["webbrowser.open", () => call("webbrowser", "open", op.text("http://127.0.0.1"))],
  ["shutil.rmtree", () => call("shutil", "rmtree", op.text("/"))],
  ["a name put together on the stack", () => pickle(byStack("posix", "system"), command(), [0x85], op.reduce)],
  ["a name that only begins like an allowed one", () => call("torch", "FloatStorage.__class__", command())],
  ["a TorchScript name that climbs", () => call("__torch__", "..posix.system", command())],
  ["a global that nobody calls", () => pickle(op.global("os", "system"))],
  [
    "a global hidden among weights",
    () => pickle(dictionary(op.text("a"), tensor([2, 3], [3, 1]), op.text("b"), op.global("os", "system"))),
  ],
  [
    "a state that is set on a bad class",
    () => pickle(op.global("os", "system"), op.emptyTuple, [0x81], op.emptyDict, op.build),
  ],
  ["a call of a tensor", () => pickle(tensor([1], [1]), op.emptyTuple, op.reduce)],
  ["INST, protocol 0's call", () => latin("(S'id'\\nios\\nsystem\\n.")],
  ["OBJ", () => pickle(op.mark, op.global("torch", "Size"), [0x6f])],
  ["NEWOBJ_EX", () => pickle(op.global("torch", "Size"), op.emptyTuple, op.emptyDict, [0x92])],
  ["EXT1", () => pickle([0x82, 1])],
  ["PERSID, protocol 0's", () => latin("\x80\x02Pposix.system\n.")],
  ["NEXT_BUFFER", () => pickle([0x97])],
  ["protocol 0 altogether", () => latin("cos\nsystem\n(S'id'\ntR.")],
  ["a name that is a list", () => pickle(op.emptyList, op.emptyList, [0x93])],
  ["a name that is a list without end", () => pickle(deep(200_000), op.text("x"), [0x93])],
  ["dictionaries that hold each other", () => laughs(12)],
  ["a tensor larger than its storage", () => pickle(dictionary(op.text("a"), tensor([2, 4], [4, 1])))],
  [
    "a tensor that repeats one value without end",
    () => pickle(dictionary(op.text("a"), tensor([2 ** 30, 2 ** 30], [0, 0]))),
  ],
  [
    "a tensor whose storage is not there",
    () => pickle(dictionary(op.text("a"), tensor([1], [1], "../../../etc/passwd"))),
  ],
  ["nothing", () => new Uint8Array()],
  ["a dictionary in itself", () => pickle(op.emptyDict, op.put(0), op.text("a"), op.get(0), setItem)],
  ["a dictionary in itself, twice, under long keys", () => inItself(1000)],
  [
    "an object in its own state",
    () => pickle(call0("__torch__", "x"), op.put(0), op.emptyDict, op.text("a"), op.get(0), setItem, op.build),
  ],
  ["17,000,000 dictionaries", () => repeated(op.emptyDict, 17_000_000)],
  ["2,000,000 dictionaries", () => repeated(op.emptyDict, 2_000_000)],
  ["500,000 dictionaries", () => repeated(op.emptyDict, 500_000)],
  ["tuples in tuples, 2,000,000 deep", () => repeated([0x85], 2_000_000)],
  ["2,000,000 numbers on the stack", () => repeated([0x88], 2_000_000)],
  ["2,000,000 marks", () => repeated(op.mark, 2_000_000)],
  ["2,000,000 things remembered", () => repeated([0x94], 2_000_000)],
  ["a text of 70,000 letters", () => pickle(op.text("x".repeat(70_000)))],
  ["a number of 255 bytes", () => pickle([0x8a, 255, ...Array(255).fill(1)])],
  [
    "two long texts as a name, 200,000 times",
    () => {
      const long = (key: number) => [...op.text("x".repeat(60_000)), ...op.put(key)];
      const name = [...op.get(0), ...op.get(1), 0x93, 0x30];
      return Uint8Array.from([...pickle(long(0), long(1)).slice(0, -1), ...repeated(name, 200_000)]);
    },
  ],
  ["a tensor whose name has no end", () => pickle(dictionary(op.text("x".repeat(501)), tensor([2, 3], [3, 1])))],
  ["300,000 entries", () => entries(300_000, () => [0x4e])],
  ["20,001 tensors", () => entries(20_001, () => op.get(0), tensor([2, 3], [3, 1]))],
])("rejects %s", async (_, make) => {
  await expect(readAll(storedZip({ "m/data.pkl": make(), "m/data/0": new Uint8Array(24) }))).rejects.toMatchObject({
    code: "WEIGHTS",
  });
  expect(existsSync(trace)).toBe(false);
});

it("reads the valid weights on which the corpus is based", async () => {
  const [[name, bytes]] = await readAll(
    storedZip({ "m/data.pkl": statePickle(), "m/data/0": new Uint8Array(24).fill(1) }),
  );
  expect([name, [...bytes]]).toEqual(["a.weight", Array.from({ length: 24 }, () => 1)]);
});

it("skips deeply nested parameters", async () => {
  const wrap = (count: number) => [
    ...Array.from({ length: count }, () => op.global("torch._utils", "_rebuild_parameter")).flat(),
    ...tensor([2, 3], [3, 1]),
    ...Array.from({ length: count }, () => [0x85, ...op.reduce]).flat(),
  ];
  const file = storedZip({
    "m/data.pkl": pickle(dictionary(op.text("a"), wrap(50_000))),
    "m/data/0": new Uint8Array(24),
  });
  expect(await readAll(file)).toEqual([]);
});

it.each<[string, Record<string, ZipEntryOptions>, RegExp]>([
  ["a compressed entry of 2 GiB", { "m/data/0": { method: 8, uncompressedSize: 2 ** 31 - 1 } }, /compressed/],
  [
    "an entry larger than the file",
    { "m/data/0": { uncompressedSize: 2 ** 31 - 1 } },
    /WEIGHTS|no zip|breaks off|size/,
  ],
  ["another checksum", { "m/data/0": { crc: 1 } }, /checksum/],
  ["a pickle of another checksum", { "m/data.pkl": { crc: 1 } }, /checksum/],
])("rejects an archive with %s", async (_, wrong, message) => {
  const files = { "m/data.pkl": statePickle(), "m/data/0": new Uint8Array(24) };
  await expect(readAll(storedZip(files, wrong))).rejects.toMatchObject({
    code: "WEIGHTS",
    message: expect.stringMatching(message),
  });
});

it("rejects an archive with too many entries or too long names", async () => {
  const pickled: [string, Uint8Array] = ["m/data.pkl", statePickle()];
  const storages = Array.from({ length: 16_384 }, (_, i): [string, Uint8Array] => [`m/data/${i}`, new Uint8Array(24)]);
  await expect(readAll(storedZip([pickled, ...storages]))).rejects.toThrow(/more than 16384 entries/);
  const long: [string, Uint8Array] = [`m/data/${"x".repeat(2000)}`, new Uint8Array(24)];
  await expect(readAll(storedZip([pickled, long]))).rejects.toThrow(/an entry's head has more than 1024 bytes/);
});

it("rejects a storage that too many tensors share", async () => {
  const names = Array.from({ length: 100 }, (_, i) => [...op.text(String(i)), ...tensor([2, 3], [3, 1])]);
  const file = storedZip({ "m/data.pkl": pickle(dictionary(...names)), "m/data/0": new Uint8Array(200_000) });
  await expect(readAll(file)).rejects.toThrow(/share their storages without end/);
});

it("rejects an archive with duplicate names or parent folders in names", async () => {
  const once: [string, Uint8Array] = ["m/data.pkl", statePickle()];
  await expect(readAll(storedZip([once, ["m/data/0", new Uint8Array(24)], once]))).rejects.toThrow(/comes twice/);
  await expect(readAll(storedZip([once, ["../m/data/0", new Uint8Array(24)]]))).rejects.toMatchObject({
    code: "WEIGHTS",
  });
});

it("leaves no folder after a rejected conversion", async () => {
  const file = join(folder, "bad.pt");
  await writeFile(file, storedZip({ "m/data.pkl": call("os", "system", command()) }));
  await expect(convert({ file, out: join(folder, "made") })).rejects.toThrow(/global os\.system/);
  expect(existsSync(join(folder, "made"))).toBe(false);
});

async function readAll(bytes: Uint8Array): Promise<[string, Uint8Array][]> {
  const file = join(folder, "model.pt");
  await writeFile(file, bytes);
  const archive = await openTorchArchive(file);
  try {
    return await Promise.all(
      [...archive.tensors].map(async ([name, each]): Promise<[string, Uint8Array]> => [name, await each.read()]),
    );
  } finally {
    archive.close();
  }
}
