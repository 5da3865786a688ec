/** Link between the box of a face and its card: what is selected in one is selected in the other. */
import { type ReadonlySignal, signal } from "@preact/signals";

export interface FaceSelection {
  /** number of the selected face */
  readonly selected: ReadonlySignal<number | undefined>;
  select(face: number): void;
  /** whether the face is selected, or the pointer or focus is on it */
  isActive(face: number): boolean;
  /** listeners of an element that stands for the face */
  hoverOf(face: number): HoverListeners;
}

interface HoverListeners {
  onPointerEnter(): void;
  onPointerLeave(): void;
  onFocusIn(): void;
  onFocusOut(): void;
}

export function faceSelection(): FaceSelection {
  const selected = signal<number | undefined>(undefined);
  const hovered = signal<number | undefined>(undefined);
  const leave = () => {
    hovered.value = undefined;
  };
  return {
    selected,
    select: (face) => {
      selected.value = face;
    },
    isActive: (face) => (hovered.value ?? selected.value) === face,
    hoverOf: (face) => {
      const enter = () => {
        hovered.value = face;
      };
      return { onPointerEnter: enter, onPointerLeave: leave, onFocusIn: enter, onFocusOut: leave };
    },
  };
}
