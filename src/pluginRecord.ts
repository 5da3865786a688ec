/** Which plugins are at work in this process, for the records of what was done with them. */
export interface ActivePlugin {
  readonly name: string;
  /** the file that it came from, and the hash of its bytes */
  readonly file?: string;
  readonly sha256?: string;
  /** whether a training depends on it: it brings data sets, samplers, loss terms or architectures */
  readonly shapesTraining: boolean;
}

const active: ActivePlugin[] = [];

export const recordPlugin = (plugin: ActivePlugin): void => {
  active.push(plugin);
};

export const activePlugins = (): readonly ActivePlugin[] => active;
