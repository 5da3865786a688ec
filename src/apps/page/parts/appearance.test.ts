import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { contrast } from "../../../../test/contrast.ts";
import { ferClasses } from "../../../data/sample.ts";
import { toneOf } from "./appearance.ts";

const style = (name: string) => readFileSync(join(import.meta.dirname, "../style", name), "utf8");

/** Values of a property in light and dark. */
function valuesOf(sheet: string, selector: string, property: string): readonly string[] {
  const rules = [...sheet.matchAll(/([^{}]+)\{([^{}]*)\}/g)].filter(([, name]) => name.trim().endsWith(selector));
  return rules.flatMap(([, , body]) => {
    const value = new RegExp(`${property}:\\s*(#[0-9a-f]{3,6})`).exec(body)?.[1];
    return value === undefined ? [] : [value.length === 4 ? value.replace(/[0-9a-f]/g, "$&$&") : value];
  });
}

const tokens = (name: string) => valuesOf(style("tokens.css"), ":root", `--${name}`);
const tones = (name: string, property: string) => valuesOf(style("colours.css"), `.tone-${name}`, `--${property}`);

describe("colours of expressions", () => {
  it.each(ferClasses)("of %s are seen on both themes and legible on pictures", (name) => {
    const [light, dark] = tokens("surface");
    const [onLight, onDark] = tones(name, "tone");
    expect(contrast(onLight, light)).toBeGreaterThan(3);
    expect(contrast(onDark, dark)).toBeGreaterThan(3);
    const [[mark], [ink]] = [tones(name, "mark"), tones(name, "on-mark")];
    expect(contrast(mark, ink)).toBeGreaterThan(4.5);
  });

  it("differ", () => {
    for (const property of ["mark", "tone"]) {
      const all = ferClasses.map((name) => tones(name, property).join());
      expect(new Set(all).size).toBe(ferClasses.length);
    }
  });

  it("are those of the expression, or by position for other classes", () => {
    expect(toneOf("fear", ["x", "fear"])).toBe("tone-fear");
    const own = Array.from({ length: 9 }, (_, i) => `own ${i}`);
    expect(own.map((name) => toneOf(name, own))).toEqual([...ferClasses, ferClasses[0]].map((name) => `tone-${name}`));
  });
});

describe("text", () => {
  it.each(["ink", "muted", "accent", "bad", "good"])("of colour %s is legible in both themes", (name) => {
    for (const ground of ["surface", "ground"]) {
      const [grounds, inks] = [tokens(ground), tokens(name)];
      for (const [i, ink] of inks.entries()) expect(contrast(ink, grounds[i])).toBeGreaterThan(4.5);
    }
  });
});
