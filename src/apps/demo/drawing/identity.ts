/** Identity of a drawn person and properties of the photograph: everything except the expression. */
import type { Random } from "../../../platform/random.ts";
import { between, type Colour, mix } from "./svg.ts";

export const hairStyles = ["bald", "cropped", "parted", "fringe", "long", "curly", "tied", "scarf"] as const;
export const beards = ["none", "stubble", "moustache", "goatee", "full"] as const;
export const glassesKinds = ["none", "round", "square"] as const;

/** Lengths are in units of the 96 × 96 view; shares run from 0 to 1. */
export interface Identity {
  readonly face: {
    /** half of the width at the cheekbones */
    readonly width: number;
    /** the jaw's width as a share of the face's */
    readonly jaw: number;
    readonly chin: number;
    readonly hairline: number;
    readonly age: number;
    readonly skin: Colour;
  };
  readonly brow: { readonly thickness: number; readonly height: number; readonly arch: number; readonly slant: number };
  readonly eye: { readonly spacing: number; readonly size: number; readonly slant: number; readonly iris: Colour };
  readonly nose: { readonly width: number; readonly length: number };
  readonly mouth: {
    readonly width: number;
    readonly height: number;
    readonly fullness: number;
    readonly colour: Colour;
  };
  readonly hair: { readonly style: (typeof hairStyles)[number]; readonly colour: Colour };
  readonly beard: (typeof beards)[number];
  readonly glasses: (typeof glassesKinds)[number];
  /** strength of the make-up on lashes and lips */
  readonly makeUp: number;
  readonly photo: Photo;
}

export interface Photo {
  /** degrees, clockwise */
  readonly tilt: number;
  /** yaw of the head: −1 … 1 is about ±20° */
  readonly turn: number;
  readonly scale: number;
  readonly shift: readonly [x: number, y: number];
  /** direction of the light in degrees, and the strength of its shadow */
  readonly light: { readonly angle: number; readonly strength: number };
  readonly exposure: number;
  /** standard deviation of the lens blur */
  readonly blur: number;
  readonly background: readonly [Colour, Colour];
}

/** Draws a person from one random stream, and a photograph of the person from another. */
export function drawIdentity(person: Random, photo: Random): Identity {
  const pick = <T>(values: readonly T[]) => values[person.integer(values.length)];
  const skin = skinTone(person.uniform());
  const age = person.uniform() ** 1.6;
  const mayHaveBeard = person.uniform() < 0.5;
  const makeUp = mayHaveBeard ? 0 : person.uniform();
  return {
    face: {
      width: person.uniform(32, 37),
      jaw: person.uniform(0.72, 0.92),
      chin: person.uniform(89, 95),
      hairline: person.uniform(9, 17),
      age,
      skin,
    },
    brow: {
      thickness: person.uniform(1.5, mayHaveBeard ? 3.4 : 2.4),
      height: person.uniform(-1.2, 1),
      arch: person.uniform(0.3, 2.4),
      slant: person.uniform(-0.8, 0.8),
    },
    eye: {
      spacing: person.uniform(15.2, 17.8),
      size: person.uniform(0.88, 1.14),
      slant: person.uniform(-0.5, 0.9),
      iris: pick(irises),
    },
    nose: { width: person.uniform(5, 8), length: person.uniform(-1.5, 1.5) },
    mouth: {
      width: person.uniform(10.5, 13.5),
      height: person.uniform(-1.2, 1.2),
      fullness: person.uniform(0.7, 1.4),
      colour: mix(mix(skin, [150, 55, 60], person.uniform(0.3, 0.45)), [165, 20, 45], makeUp > 0.5 ? makeUp * 0.6 : 0),
    },
    hair: {
      style: pick(mayHaveBeard ? hairStyles.slice(0, 6) : hairStyles.slice(2)),
      colour: hairColour(age, person),
    },
    beard: mayHaveBeard ? pick(beards) : "none",
    glasses: person.uniform() < 0.22 ? pick(glassesKinds.slice(1)) : "none",
    makeUp,
    photo: drawPhoto(photo),
  };
}

function drawPhoto(random: Random): Photo {
  const back: Colour = [random.uniform(15, 250), random.uniform(15, 250), random.uniform(15, 250)];
  const grey = random.uniform(20, 245);
  const near = mix(back, [grey, grey, grey], 0.75);
  return {
    tilt: random.normal() * 4,
    turn: Math.max(-1, Math.min(1, random.normal() * 0.4)),
    scale: random.uniform(1.0, 1.16),
    shift: [random.normal() * 1.3, random.normal() * 1.3],
    light: { angle: random.uniform(-150, -30), strength: random.uniform(0.1, 0.6) },
    exposure: random.uniform(-0.12, 0.14),
    blur: random.uniform(0.25, 0.7),
    background: [near, mix(near, [grey * 0.5, grey * 0.5, grey * 0.5], random.uniform(0.2, 0.9))],
  };
}

const irises: readonly Colour[] = [
  [52, 33, 22],
  [70, 46, 28],
  [92, 72, 40],
  [74, 96, 74],
  [78, 106, 130],
];

const hairColours: readonly Colour[] = [
  [22, 19, 18],
  [42, 30, 24],
  [74, 50, 34],
  [120, 82, 48],
  [186, 148, 92],
  [128, 58, 30],
];

/** Skin tones from the lightest to the darkest, interpolated from a scale of ten. */
function skinTone(depth: number): Colour {
  const tones: readonly Colour[] = [
    [243, 219, 203],
    [231, 195, 168],
    [209, 163, 128],
    [172, 121, 86],
    [124, 82, 58],
    [80, 53, 42],
  ];
  const place = depth * (tones.length - 1);
  const i = Math.min(tones.length - 2, Math.floor(place));
  return mix(tones[i], tones[i + 1], place - i);
}

function hairColour(age: number, random: Random): Colour {
  const colour = hairColours[random.integer(hairColours.length)];
  const grey = between(140, 225, random.uniform());
  return mix(colour, [grey, grey, grey], age > 0.6 ? (age - 0.6) * 2.2 : 0);
}
