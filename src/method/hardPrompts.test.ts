import { expect, it } from "vitest";
import { ferClasses } from "../data/sample.ts";
import {
  defaultDescriptions,
  facialActions,
  hardPrompts,
  parseDescriptions,
  phrasesOf,
  templateFault,
} from "./hardPrompts.ts";

it("builds the three configurations", () => {
  const of = (configuration: 1 | 2 | 3) =>
    hardPrompts(configuration, ["fear"], { fear: ["wide eyes", "parted lips"] })[0];
  expect(of(1)).toBe("a photo of fear");
  expect(of(2)).toBe("a photo of a person making a facial expression of fear");
  expect(of(3)).toBe("a photo of a person making a facial expression of fear, wide eyes, parted lips");
});

it("names the class whose description is missing", () => {
  expect(() => hardPrompts(3, ["awe"], {})).toThrow(`no description of class "awe"`);
});

const bird = "a photo of a {class}, a type of bird";

it("fills class names of any task into a template, whatever the configuration", () => {
  const flowers = ["rose", "bird of paradise", "{description}"];
  for (const configuration of [1, 2, 3] as const) {
    expect(hardPrompts(configuration, flowers, {}, "a photo of a {class}, a type of flower")).toEqual([
      "a photo of a rose, a type of flower",
      "a photo of a bird of paradise, a type of flower",
      "a photo of a {description}, a type of flower",
    ]);
  }
  const phrases = { rose: ["red petals", "$& thorns"] };
  expect(hardPrompts(1, ["rose"], phrases, "{class}: {description}; {class}")).toEqual([
    "rose: red petals, $& thorns; rose",
  ]);
});

it("names the class whose description a template takes", () => {
  expect(() => hardPrompts(2, ["rose"], {}, "a {class} with {description}")).toThrow(
    'no description of class "rose". Fix: add it with --descriptions or use a template without {description}',
  );
});

it.each([
  ["a photo of a bird", "has no {class}"],
  ["a {class} in {place}", 'has "{place}", but only {class} and {description}'],
  ["a {class}\nof a kind", "has a control character"],
  [`{class}${"x".repeat(1000)}`, "has more than 1000 letters"],
])("refuses the template %j", (template, message) => {
  expect(templateFault(bird)).toBeUndefined();
  expect(templateFault(template)).toContain(message);
  expect(() => hardPrompts(1, ["a"], {}, template)).toThrow(expect.objectContaining({ code: "CONFIG" }));
});

it("describes each of the eight expressions by action units", () => {
  for (const name of ferClasses) expect(defaultDescriptions[name].length).toBeGreaterThanOrEqual(3);
  const units = Object.entries(facialActions).filter(([name]) => name !== "neutral");
  for (const [, signs] of units) for (const { units: of } of signs) expect(of.length).toBeGreaterThan(0);
});

it("parses a file of class → phrases and reports its errors", () => {
  expect(parseDescriptions({ joy: "a smile", awe: ["wide eyes"] }, "f")).toEqual({
    joy: ["a smile"],
    awe: ["wide eyes"],
  });
  const document = { format: "mpa-fer-descriptions/1", descriptions: { joy: "a smile" } };
  expect(parseDescriptions(document, "f")).toEqual({ joy: ["a smile"] });
  expect(() => parseDescriptions({ joy: 3 }, "f.json")).toThrow(`f.json: "joy": must be a phrase`);
});

it("accepts classes named __proto__ and constructor", () => {
  const json = JSON.parse('{"__proto__":["a smile"],"constructor":"wide eyes"}');
  for (const given of [json, { format: "mpa-fer-descriptions/1", descriptions: json }]) {
    const descriptions = parseDescriptions(given, "f");
    const classes = ["__proto__", "constructor", "toString"];
    expect(classes.map((name) => phrasesOf(descriptions, name))).toEqual([["a smile"], ["wide eyes"], []]);
    expect(hardPrompts(3, classes.slice(0, 1), descriptions)[0]).toMatch(/ of __proto__, a smile$/);
    expect(() => hardPrompts(3, classes, descriptions)).toThrow('no description of class "toString"');
  }
});

it.each<[string, unknown, string]>([
  ["a name with a line break", { "a\nb": "x" }, '"a\\u000ab" has a control character'],
  ["a name without end", { ["a".repeat(201)]: "x" }, "more than 200 letters"],
  ["a name that is empty", { " ": "x" }, "empty"],
  ["a phrase that controls the terminal", { joy: ["\u001b[2J"] }, "a phrase has a control character"],
  ["a phrase without end", { joy: "x".repeat(1001) }, "up to 1000 letters"],
  ["phrases without number", { joy: Array(101).fill("x") }, "up to 100 phrases"],
  ["a list", [["joy", "x"]], "expected an object"],
  ["a document of nothing", { format: "mpa-fer-descriptions/1" }, "expected an object"],
])("refuses %s", (_, json, message) => {
  expect(() => parseDescriptions(json, "f.json")).toThrow(
    expect.objectContaining({ code: "CONFIG", message: expect.stringContaining(message) }),
  );
});
