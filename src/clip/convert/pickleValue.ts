/** Values of a pickle: data, and names of classes and functions, which never run. */

/** Name of a class or function. */
export class PickleGlobal {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** Description of the object that a call or constructor would create. */
export class PickleObject {
  readonly callee: PickleGlobal;
  readonly args: readonly PickleValue[];
  /** items, if it is a subclass of a dictionary */
  items: Map<PickleValue, PickleValue> | undefined;
  /** argument of BUILD, usually the dictionary of attributes */
  state: PickleValue | undefined;

  constructor(callee: PickleGlobal, args: readonly PickleValue[]) {
    this.callee = callee;
    this.args = args;
  }
}

/** Reference to data outside the pickle, such as a tensor's storage. */
export class PersistentId {
  readonly id: PickleValue;

  constructor(id: PickleValue) {
    this.id = id;
  }
}

/** A value. Tuples, lists and sets are arrays; dictionaries are maps. */
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

/** Whether a pickle may contain the name `module.name`. */
export function isAllowedGlobal(module: string, name: string): boolean {
  // Checked before joining, since a small pickle can combine two long strings many times.
  if (module.length + name.length > maxGlobal) return false;
  const path = `${module}.${name}`;
  return names.has(path) || patterns.some((pattern) => pattern.test(path));
}

/** Allowed names: those of tensors in `torch.save`, and of classes in state dicts and checkpoints. */
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

/** Patterns of further allowed names: storages such as `torch.FloatStorage`, element types and TorchScript classes. */
const patterns = [
  /^torch\.(Float|Half|BFloat16|Double|Long|Int|Short|Char|Byte|Bool)Storage$/,
  /^torch\.(float|bfloat|int|uint)(8|16|32|64)$|^torch\.bool$/,
  // Classes of a TorchScript module are defined in the archive; their attributes are read as a dictionary.
  /^__torch__(\.\w+)+$/,
];

/** Maximum characters of a name; TorchScript's contain a path of nested modules. */
const maxGlobal = 500;
