/** What a pickle holds: data, and names of what is not run. */

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
  readonly items: Map<PickleValue, PickleValue> = new Map();
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
