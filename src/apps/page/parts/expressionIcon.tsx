/** Face that shows an expression by its brows, eyes and mouth; a letter for other classes. */
import type { VNode } from "preact";
import type { FerClass } from "../../../data/sample.ts";

const eyes = "M9 10v.8M15 10v.8";
const narrow = "M7.6 10.4h2.6M13.8 10.4h2.6";
const wide = "M9 9.4a1.1 1.1 0 1 0 0 2.2a1.1 1.1 0 1 0 0-2.2M15 9.4a1.1 1.1 0 1 0 0 2.2a1.1 1.1 0 1 0 0-2.2";

const features: Readonly<Record<FerClass, string>> = {
  neutral: `${eyes}M8.5 15.5h7`,
  happiness: `${eyes}M7.5 13.8c1.2 4 7.8 4 9 0z`,
  surprise: `${eyes}M7.4 7.6c.8-.9 2-.9 2.8-.2M16.6 7.6c-.8-.9-2-.9-2.8-.2M12 14a1.7 2.1 0 1 0 0 4.2a1.7 2.1 0 1 0 0-4.2`,
  sadness: `${eyes}M7.2 8.6l2.8-1.4M16.8 8.6L14 7.2M8.5 17c1.2-2.4 5.8-2.4 7 0`,
  anger: `${eyes}M7.2 7l3 1.6M16.8 7l-3 1.6M8.8 16.6c1-1.4 5.4-1.4 6.4 0`,
  disgust: `${narrow}M7.6 8.2l2.8.8M16.4 8.2l-2.8.8M8 16.4c1-1.8 2.2-1.8 3-.6s2 1.2 2.6 0s1.6-1 2.4.4`,
  fear: `${wide}M7 7.8l3-1.2M17 7.8l-3-1.2M8 16.6l1.6-1.5l1.6 1.5l1.6-1.5l1.6 1.5l1.6-1.5`,
  contempt: `${eyes}M13.8 7.6c.8-.8 2-.8 2.8-.2M8.5 16h3.6c1.8 0 2.8-.8 3.4-2`,
};

const isKnown = (name: string): name is FerClass => Object.hasOwn(features, name);

/** Decorative: the label beside it says the same. */
export const ExpressionIcon = ({ name }: { readonly name: string }): VNode => (
  <svg class="icon face-icon" viewBox="0 0 24 24" aria-hidden="true">
    <circle cx="12" cy="12" r="9.5" />
    {isKnown(name) ? (
      <path d={features[name]} />
    ) : (
      <text x="12" y="16" text-anchor="middle">
        {name.slice(0, 1).toUpperCase()}
      </text>
    )}
  </svg>
);
