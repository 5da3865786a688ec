/** What is taught in this browser: classes, a few faces of each, and the prompts that came of it. */
import { ferClasses } from "../../../data/sample.ts";
import type { Metrics } from "../../../evaluation/metrics.ts";

export interface Project {
  readonly classes: readonly TaughtClass[];
  readonly prompts?: TaughtPrompts;
}

export interface TaughtClass {
  readonly id: string;
  readonly name: string;
  readonly faces: readonly Face[];
}

export interface Face {
  readonly id: string;
  /** an aligned face */
  readonly picture: Blob;
}

export interface TaughtPrompts {
  readonly checkpoint: Uint8Array<ArrayBuffer>;
  readonly classes: readonly string[];
  /** on the faces set aside */
  readonly metrics: Metrics;
  readonly epoch: number;
  readonly trained: number;
  /** faces held out; the name that projects in browsers' databases have */
  readonly setAside: number;
  readonly stopped: boolean;
}

export const newClass = (name = ""): TaughtClass => ({ id: crypto.randomUUID(), name, faces: [] });
export const emptyProject = (): Project => ({ classes: [newClass(), newClass()] });
export const eightClasses = (): Project => ({ classes: ferClasses.map((name) => newClass(name)) });

/** One class changed. */
export const withClass = (project: Project, id: string, change: (own: TaughtClass) => TaughtClass): Project => ({
  ...project,
  classes: project.classes.map((own) => (own.id === id ? change(own) : own)),
});

export const withoutClass = (project: Project, id: string): Project => ({
  ...project,
  classes: project.classes.filter((own) => own.id !== id),
});

export const withFaces = (project: Project, id: string, pictures: readonly Blob[]): Project =>
  withClass(project, id, (own) => ({
    ...own,
    faces: [...own.faces, ...pictures.map((picture) => ({ id: crypto.randomUUID(), picture }))],
  }));

export const withoutFace = (project: Project, id: string, face: string): Project =>
  withClass(project, id, (own) => ({ ...own, faces: own.faces.filter((each) => each.id !== face) }));

/** Whether anything was done that is worth keeping. */
export const isEmpty = ({ classes }: Project): boolean =>
  classes.every(({ name, faces }) => name === "" && faces.length === 0);
