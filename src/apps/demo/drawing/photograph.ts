/** Properties of the photograph as SVG: pose, light, lens, and the gradients that the drawing refers to. */
import type { Identity } from "./identity.ts";
import type { Palette } from "./palette.ts";
import { blurs, css, fixed } from "./svg.ts";

export function definitions(identity: Identity, palette: Palette, headPath: string): string {
  const { photo } = identity;
  const filters = Object.entries({ ...blurs, lens: photo.blur }).map(
    ([id, deviation]) =>
      `<filter id="${id}" x="-20%" y="-20%" width="140%" height="140%"><feGaussianBlur stdDeviation="${fixed(deviation)}"/></filter>`,
  );
  return `<defs>${[
    ...filters,
    `<clipPath id="head"><path d="${headPath}"/></clipPath>`,
    `<radialGradient id="skin" cx="0.5" cy="0.42" r="0.62">${stop(0, palette.skin)}${stop(0.6, palette.skin)}${stop(1, palette.shade)}</radialGradient>`,
    `<linearGradient id="hair" x1="0" y1="0" x2="0" y2="1">${stop(0, palette.hairLight)}${stop(0.5, palette.hair)}${stop(1, palette.hairDark)}</linearGradient>`,
    `<linearGradient id="background" x1="0" y1="0" x2="1" y2="1">${stop(0, css(photo.background[0]))}${stop(1, css(photo.background[1]))}</linearGradient>`,
    lightGradient(identity),
  ].join("")}</defs>`;
}

/** Rotates, scales and shifts the head; a turned head is narrower. */
export function pose({ photo }: Identity): string {
  const narrow = 1 - 0.06 * Math.abs(photo.turn);
  const [x, y] = photo.shift;
  return [
    `translate(${fixed(48 + x + 2 * photo.turn)} ${fixed(50 + y)})`,
    `rotate(${fixed(photo.tilt)})`,
    `scale(${fixed(photo.scale * narrow)} ${fixed(photo.scale)})`,
    "translate(-48 -50)",
  ].join(" ");
}

/** Shadow on the side away from the light, and the exposure. */
export function drawLight({ photo }: Identity): string {
  const veil = photo.exposure < 0 ? "black" : "white";
  const cover = 'x="0" y="0" width="96" height="96"';
  return [
    `<rect ${cover} fill="url(#light)"/>`,
    `<rect ${cover} fill="${veil}" fill-opacity="${fixed(Math.abs(photo.exposure))}"/>`,
  ].join("");
}

function lightGradient({ photo }: Identity): string {
  const angle = (photo.light.angle * Math.PI) / 180;
  const [dx, dy] = [Math.cos(angle) / 2, Math.sin(angle) / 2];
  const ends = `x1="${fixed(0.5 + dx)}" y1="${fixed(0.5 + dy)}" x2="${fixed(0.5 - dx)}" y2="${fixed(0.5 - dy)}"`;
  return `<linearGradient id="light" ${ends}>${stop(0, "black", 0)}${stop(0.4, "black", photo.light.strength * 0.15)}${stop(1, "black", photo.light.strength)}</linearGradient>`;
}

function stop(offset: number, colour: string, opacity = 1): string {
  return `<stop offset="${offset}" stop-color="${colour}" stop-opacity="${fixed(opacity)}"/>`;
}
