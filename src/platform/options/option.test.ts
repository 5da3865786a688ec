import { describe, expect, test } from "vitest";
import { z } from "zod";
import { camelCase, flagOf, kebabCase, type Option, optionGroup, optionsOf } from "./option.ts";

const group = optionGroup("Things");
const schema = z.strictObject({
  batchSize: group(z.int().default(4), { value: "N", help: "how many" }),
  shuffle: group(z.boolean().default(true), { help: "keep the order" }),
  quiet: group(z.boolean().default(false), { help: "say nothing" }),
  data: group(z.string(), { value: "DIR", help: "where" }),
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
    expect(optionsOf(schema).map(flagOf)).toEqual(["--batch-size", "--no-shuffle", "--quiet", "--data"]);
  });

  test("without help cannot be", () => {
    expect(() => optionsOf(z.strictObject({ bare: z.string() }))).toThrow("the option bare has no help");
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
