import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  camelCase,
  decidesResult,
  flagOf,
  isInput,
  kebabCase,
  type Option,
  optionGroup,
  optionKeys,
  optionsOf,
} from "./option.ts";

const group = optionGroup("Things");
const out = group(z.string(), { value: "DIR", role: "place", perCall: true, help: "where to" });
const schema = z.strictObject({
  out,
  batchSize: group(z.int().default(4), { value: "N", role: "result", help: "how many" }),
  shuffle: group(z.boolean().default(true), { role: "result", help: "keep the order" }),
  quiet: group(z.boolean().default(false), { role: "display", perCall: true, help: "say nothing" }),
  data: group(z.string(), { value: "DIR", role: "place", help: "where" }),
});

function option(key: string): Option {
  const found = optionsOf(schema).find((candidate) => candidate.key === key);
  if (found === undefined) throw new Error(`no option ${key}`);
  return found;
}

describe("options", () => {
  test("know their default, kind and heading", () => {
    expect(option("batchSize")).toMatchObject({ group: "Things", default: 4, isFlag: false, isRequired: false });
    expect(option("quiet")).toMatchObject({ default: false, isFlag: true, isRequired: false });
    expect(option("data")).toMatchObject({ default: undefined, isFlag: false, isRequired: true });
  });

  test("have a flag that says what it does", () => {
    expect(optionsOf(schema).map(flagOf)).toEqual(["--out", "--batch-size", "--no-shuffle", "--quiet", "--data"]);
  });

  test("without help cannot be", () => {
    expect(() => optionsOf(z.strictObject({ bare: z.string() }))).toThrow("the option bare has no help");
  });

  test("without a role do not compile", () => {
    // @ts-expect-error what it decides has to be said
    expect(group(z.string(), { help: "no role" })).toBeDefined();
  });

  test("that name what is read decide the result, those that say where to write do not", () => {
    expect([...optionKeys(schema, isInput)]).toEqual(["data"]);
    expect([...optionKeys(schema, decidesResult)]).toEqual(["batchSize", "shuffle", "data"]);
  });

  test.each([
    ["batchSize", "batch-size"],
    ["lr", "lr"],
    ["noBadNews", "no-bad-news"],
  ])("%s is %s", (camel, kebab) => {
    expect(kebabCase(camel)).toBe(kebab);
    expect(camelCase(kebab)).toBe(camel);
  });
});
