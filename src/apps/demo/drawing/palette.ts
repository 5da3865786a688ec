/** Colours of one face, derived from its skin and hair. */
import type { Identity } from "./identity.ts";
import { type Colour, css, mix } from "./svg.ts";

export interface Palette {
  readonly skin: string;
  readonly light: string;
  readonly shade: string;
  readonly deep: string;
  readonly fold: string;
  readonly hair: string;
  readonly hairLight: string;
  readonly hairDark: string;
  readonly brow: string;
  readonly lash: string;
  readonly iris: string;
  readonly lip: string;
  readonly lipDark: string;
  readonly lipLight: string;
}

const black: Colour = [16, 9, 8];
const white: Colour = [255, 250, 244];

export function paletteOf(identity: Identity): Palette {
  const { skin } = identity.face;
  const hair = identity.hair.colour;
  const lip = identity.mouth.colour;
  const shade = (by: number): Colour =>
    mix([skin[0] * (1 - by), skin[1] * (1 - by * 1.12), skin[2] * (1 - by * 1.15)], black, by * 0.2);
  return {
    skin: css(skin),
    light: css(mix(skin, white, 0.3)),
    shade: css(shade(0.38)),
    deep: css(shade(0.6)),
    fold: css(shade(0.7)),
    hair: css(hair),
    hairLight: css(mix(hair, white, 0.18)),
    hairDark: css(mix(hair, black, 0.55)),
    brow: css(mix(mix(hair, black, 0.6), shade(0.6), 0.2)),
    lash: css(mix(black, hair, 0.15)),
    iris: css(identity.eye.iris),
    lip: css(lip),
    lipDark: css(mix(lip, black, 0.4)),
    lipLight: css(mix(lip, white, 0.3)),
  };
}
