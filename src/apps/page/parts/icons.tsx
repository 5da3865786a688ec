/** Icons of controls, drawn on a grid of 24. */
import type { VNode } from "preact";

const paths = {
  lock: "M7 11V8a5 5 0 0 1 10 0v3M6 11h12v9H6z",
  server: "M4 5h16v6H4zM4 13h16v6H4zM8 8h.01M8 16h.01",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 10a3.5 3.5 0 1 0 0 7a3.5 3.5 0 1 0 0-7",
  upload: "M12 16V5M7 10l5-5l5 5M5 19h14",
  close: "M6 6l12 12M18 6L6 18",
  down: "M6 9l6 6l6-6",
  check: "M5 12l5 5L19 7",
  download: "M12 5v11M7 11l5 5l5-5M5 20h14",
  plus: "M12 5v14M5 12h14",
  undo: "M8 5L4 9l4 4M4 9h10a5 5 0 0 1 0 10h-3",
  warning: "M12 4L2.5 20h19zM12 10v4M12 17h.01",
  report: "M6 3h8l4 4v14H6zM9 12h6M9 16h6",
  trophy: "M8 4h8v6a4 4 0 0 1-8 0zM8 6H4c0 4 2 5 4 5M16 6h4c0 4-2 5-4 5M12 14v4M8 20h8",
  play: "M8 5l11 7l-11 7z",
  stop: "M7 7h10v10H7z",
} as const;

export type IconName = keyof typeof paths;

/** Decorative icon: the text beside it, or the label of its button, says the same. */
export const Icon = ({ name }: { readonly name: IconName }): VNode => (
  <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    <path d={paths[name]} />
  </svg>
);
