/**
 * PyTorch's zip archives, written by `torch.save` for state dicts and by `torch.jit.save` for modules: a pickle that describes
 * tensors, and a file for each storage. The archive is read as data; none of its code runs.
 */
import { MpaError } from "../../platform/errors.ts";
import { quoted } from "../../platform/quote.ts";
import { maxPickle, readPickle } from "./pickle.ts";
import { PersistentId, PickleGlobal, PickleObject, type PickleValue } from "./pickleValue.ts";
import { type ElementType, elementBytes, type SourceTensor } from "./tensors.node.ts";
import { ZipFile } from "./zip.node.ts";

/** An open archive. */
export interface TorchArchive {
  /** tensors by their path through dictionaries and attributes, such as `visual.conv1.weight` */
  readonly tensors: ReadonlyMap<string, SourceTensor>;
  /** whether the file is a TorchScript module, the format of OpenAI's releases */
  readonly isScript: boolean;
  close(): void;
}

/** Maximum bytes of a storage. */
const maxStorage = 2 ** 31;
/** Maximum axes of a tensor; weights have up to four. */
const maxAxes = 8;
const fix = "fetch or save the file again";
/** Maximum nesting of dictionaries. */
const maxDepth = 32;
/** Maximum number of values visited. Since dictionaries may share values, a small pickle can describe exponentially many. */
const maxValues = 200_000;
/** Maximum number of tensors; training checkpoints of the largest CLIPs have 4,000. */
const maxTensors = 20_000;
/** Maximum characters of a tensor's name, which consists of all keys on its path. */
const maxName = 500;

const elementTypes: ReadonlyMap<string, ElementType> = new Map([
  ["torch.FloatStorage", "float32"],
  ["torch.HalfStorage", "float16"],
  ["torch.BFloat16Storage", "bfloat16"],
]);

/** Opens an archive; the caller closes it. Throws NOT_FOUND, ACCESS, and WEIGHTS for a file that is not such an archive. */
export async function openTorchArchive(path: string): Promise<TorchArchive> {
  const zip = await ZipFile.open(path);
  try {
    const pickle = zip.names.find((name) => /(^|\/)data\.pkl$/.test(name));
    if (pickle === undefined) {
      throw new MpaError("WEIGHTS", "the archive has no data.pkl", {
        where: path,
        fix: "name a file that PyTorch saved",
      });
    }
    const root = pickle.slice(0, -"data.pkl".length);
    await requireLittleEndian(zip, root, path);
    const records = tensorRecords(readPickle(await zip.read(pickle, maxPickle), path), path);
    const tensors = new Map([...records].map(([name, record]) => [name, sourceOf(zip, root, record)]));
    return { tensors, isScript: zip.names.some((name) => name.startsWith(`${root}code/`)), close: () => zip.close() };
  } catch (error) {
    zip.close();
    throw error;
  }
}

async function requireLittleEndian(zip: ZipFile, root: string, path: string): Promise<void> {
  if (!zip.names.includes(`${root}byteorder`)) return;
  const order = new TextDecoder().decode(await zip.read(`${root}byteorder`, 16));
  if (order !== "little")
    throw new MpaError("WEIGHTS", `the bytes are in ${quoted(order)} order`, { where: path, fix: "save it elsewhere" });
}

/** A tensor as described in the pickle; sizes, strides and offset in elements. */
interface TensorRecord {
  readonly dtype: ElementType;
  readonly storage: string;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/**
 * Collects the tensors by their path through dictionaries and attributes of objects. Integer and boolean tensors are not weights
 * and are skipped. Throws WEIGHTS if the limits are exceeded or a dictionary contains itself.
 */
function tensorRecords(root: PickleValue, where: string): ReadonlyMap<string, TensorRecord> {
  const broken = (what: string) => new MpaError("WEIGHTS", `the archive has ${what}`, { where, fix });
  const found = new Map<string, TensorRecord>();
  const path: string[] = [];
  /** the dictionaries that enclose a value */
  const enclosing = new Set<PickleValue>();
  let values = 0;
  const add = (record: TensorRecord) => {
    if (found.size === maxTensors) throw broken(`more than ${maxTensors} tensors`);
    if (path.reduce((sum, key) => sum + key.length + 1, 0) > maxName) throw broken("a tensor whose name has no end");
    found.set(path.join("."), record);
  };
  const walk = (value: PickleValue) => {
    if (++values > maxValues) throw broken(`more than ${maxValues} values`);
    const tensor = tensorOf(value);
    if (tensor !== undefined) return add(tensor);
    const children = value instanceof PickleObject ? value.state : value;
    if (!(children instanceof Map) || path.length === maxDepth) return;
    if (enclosing.has(children)) throw broken("a dictionary in itself");
    enclosing.add(children);
    for (const [key, child] of children) {
      if (typeof key !== "string") continue;
      path.push(key);
      walk(child);
      path.pop();
    }
    enclosing.delete(children);
  };
  walk(root);
  return found;
}

/** The tensor that a value describes; undefined for other values and for element types that weights do not have. */
function tensorOf(value: PickleValue): TensorRecord | undefined {
  if (!(value instanceof PickleObject)) return undefined;
  const [first] = value.args;
  if (value.callee.path === "torch._utils._rebuild_parameter") {
    // Nested parameters are rejected, against unbounded recursion.
    return first instanceof PickleObject && first.callee.path !== value.callee.path ? tensorOf(first) : undefined;
  }
  if (value.callee.path !== "torch._utils._rebuild_tensor_v2") return undefined;
  const [storage, offset, shape, strides] = value.args;
  if (!(storage instanceof PersistentId) || !Array.isArray(storage.id)) return undefined;
  const [, type, key] = storage.id;
  const dtype = type instanceof PickleGlobal ? elementTypes.get(type.path) : undefined;
  if (dtype === undefined || typeof key !== "string" || !isCount(offset)) return undefined;
  if (!areCounts(shape) || !areCounts(strides) || shape.length !== strides.length) return undefined;
  return { dtype, storage: key, offset, shape, strides };
}

const isCount = (value: PickleValue | undefined): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const areCounts = (value: PickleValue | undefined): value is number[] =>
  Array.isArray(value) && value.length <= maxAxes && value.every(isCount);

function sourceOf(zip: ZipFile, root: string, record: TensorRecord): SourceTensor {
  const { dtype, shape, storage } = record;
  const read = async () => gather(await zip.read(`${root}data/${storage}`, maxStorage), record);
  return { dtype, shape, read };
}

/** Copies the tensor's elements in row-major order. Throws WEIGHTS if they exceed the storage. */
function gather(bytes: Uint8Array, { dtype, offset, shape, strides, storage }: TensorRecord): Uint8Array {
  const width = elementBytes[dtype];
  const count = shape.reduce((product, d) => product * d, 1);
  const last = offset + shape.reduce((sum, d, axis) => sum + (d - 1) * strides[axis], 0);
  // A stride of 0 would repeat an element any number of times.
  if (!(count * width <= bytes.length) || (count > 0 && !((last + 1) * width <= bytes.length))) {
    throw new MpaError("WEIGHTS", `a tensor leaves its storage ${quoted(`data/${storage}`)}`, { fix });
  }
  if (isRowMajor(shape, strides)) return bytes.subarray(offset * width, (offset + count) * width);
  const out = new Uint8Array(count * width);
  const index = shape.map(() => 0);
  for (let i = 0; i < count; i++) {
    const from = (offset + index.reduce((sum, p, axis) => sum + p * strides[axis], 0)) * width;
    out.set(bytes.subarray(from, from + width), i * width);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return out;
}

function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}
