import type { VNode } from "preact";

/** Mark of the project: a face between the corners of a detection box, as in public/icon.svg. */
export const Logo = (): VNode => (
  <span class="brand">
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path
        class="logo-corners"
        d="M4 11V7a3 3 0 0 1 3-3h4M21 4h4a3 3 0 0 1 3 3v4M28 21v4a3 3 0 0 1-3 3h-4M11 28H7a3 3 0 0 1-3-3v-4"
      />
      <path class="logo-face" d="M11.5 11.5v2M20.5 11.5v2M10 18.5c2 4.6 10 4.6 12 0" />
    </svg>
    mpa-fer
  </span>
);
