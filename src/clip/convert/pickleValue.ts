/** Values of a pickle: data, and names of classes and functions that are never run. */

/** A class or function by name. */
export class PickleGlobal {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** What a call or a constructor would have made. */
export class PickleObject {
  readonly callee: PickleGlobal;
  readonly args: readonly PickleValue[];
  /** where it is a dictionary of its own kind and has any */
  items: Map<PickleValue, PickleValue> | undefined;
  state: PickleValue | undefined;

  constructor(callee: PickleGlobal, args: readonly PickleValue[]) {
    this.callee = callee;
    this.args = args;
  }
}

/** Something that lies outside the pickle, such as a tensor's storage. */
export class PersistentId {
  readonly id: PickleValue;

  constructor(id: PickleValue) {
    this.id = id;
  }
}

/** Tuples, lists and sets are arrays; dictionaries are maps. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleValue[]
  | Map<PickleValue, PickleValue>
  | PickleGlobal
  | PickleObject
  | PersistentId;

/** Allowed names: tensors as `torch.save` writes them, and the classes around them in state dictionaries and checkpoints. */
const names: ReadonlySet<string> = new Set([
  "collections.OrderedDict",
  "torch._utils._rebuild_tensor",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_parameter",
  "torch._tensor._rebuild_from_type_v2",
  "torch.nn.parameter.Parameter",
  "torch.Size",
  "torch.Tensor",
  "torch.device",
  "torch.storage.TypedStorage",
  "torch.storage.UntypedStorage",
  "torch.jit._pickle.build_boollist",
  "torch.jit._pickle.build_doublelist",
  "torch.jit._pickle.build_intlist",
  "torch.jit._pickle.build_tensorlist",
]);

/** `torch.FloatStorage` and its like, and element types. */
const patterns = [
  /^torch\.(Float|Half|BFloat16|Double|Long|Int|Short|Char|Byte|Bool)Storage$/,
  /^torch\.(float|bfloat|int|uint)(8|16|32|64)$|^torch\.bool$/,
  // Classes of a TorchScript module are defined in the archive itself; their attributes are read as a dictionary.
  /^__torch__(\.\w+)+$/,
];

/** Letters of the longest of them; a module of TorchScript has a path of classes in classes. */
const maxGlobal = 500;

/** Whether a pickle may name this. */
export function isAllowedGlobal(module: string, name: string): boolean {
  // Before the two are joined: a file can name two long texts as often as it has bytes.
  if (module.length + name.length > maxGlobal) return false;
  const path = `${module}.${name}`;
  return names.has(path) || patterns.some((pattern) => pattern.test(path));
}
