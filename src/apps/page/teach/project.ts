/** Few-shot project of this browser: classes, a few faces each, and the trained prompts. */
import { ferClasses } from "../../../data/sample.ts";
import type { Metrics } from "../../../evaluation/metrics.ts";

export interface Project {
  readonly classes: readonly ProjectClass[];
  readonly prompts?: TrainedPrompts;
}

export interface ProjectClass {
  readonly id: string;
  readonly name: string;
  readonly faces: readonly Face[];
}

export interface Face {
  readonly id: string;
  /** an aligned face */
  readonly picture: Blob;
}

export interface TrainedPrompts {
  readonly checkpoint: Uint8Array<ArrayBuffer>;
  readonly classes: readonly string[];
  /** accuracy and recalls on the held-out faces */
  readonly metrics: Metrics;
  readonly epoch: number;
  readonly trained: number;
  /** number of held-out faces; the name is fixed by projects that browsers have stored */
  readonly setAside: number;
  readonly stopped: boolean;
}

export const newClass = (name = ""): ProjectClass => ({ id: crypto.randomUUID(), name, faces: [] });
export const emptyProject = (): Project => ({ classes: [newClass(), newClass()] });
export const eightClasses = (): Project => ({ classes: ferClasses.map((name) => newClass(name)) });

/** Copy of the project with one class changed. */
export const withClass = (project: Project, id: string, change: (own: ProjectClass) => ProjectClass): Project => ({
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

/** Whether the project has nothing worth saving. */
export const isEmpty = ({ classes }: Project): boolean =>
  classes.every(({ name, faces }) => name === "" && faces.length === 0);
