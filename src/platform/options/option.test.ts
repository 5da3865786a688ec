import { describe, expect, test } from "vitest";
import { z } from "zod";
import {
  camelCase,
  choice,
  decidesResult,
  flag,
  flagOf,
  integer,
  isInput,
  kebabCase,
  type Option,
  optionGroup,
  optionKeys,
  optionsOf,
  real,
  size,
  text,
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
  test("have a default, a kind and a heading", () => {
    expect(option("batchSize")).toMatchObject({ group: "Things", default: 4, isFlag: false, isRequired: false });
    expect(option("quiet")).toMatchObject({ default: false, isFlag: true, isRequired: false });
    expect(option("data")).toMatchObject({ default: undefined, isFlag: false, isRequired: true });
  });

  test("have a flag that shows its effect", () => {
    expect(optionsOf(schema).map(flagOf)).toEqual(["--out", "--batch-size", "--no-shuffle", "--quiet", "--data"]);
  });

  test("without help are rejected", () => {
    expect(() => optionsOf(z.strictObject({ bare: z.string() }))).toThrow("the option bare has no help");
  });

  test("without a role do not compile", () => {
    // @ts-expect-error what it decides has to be said
    expect(group(z.string(), { help: "no role" })).toBeDefined();
  });

  test("that are input paths affect the result, output paths do not", () => {
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

function messageFor(schema: z.ZodType, value: unknown): string | undefined {
  return schema.safeParse(value).error?.issues[0].message;
}

describe("integer", () => {
  test.each([1, 2, 1e6])("accepts %s", (value) => expect(integer(1).parse(value)).toBe(value));

  test.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "3", null, true])("rejects %s", (value) => {
    expect(messageFor(integer(1), value)).toBe("must be a whole number of at least 1");
  });
});

describe("real", () => {
  test("enforces its bounds", () => {
    expect(real(0).parse(0)).toBe(0);
    expect(messageFor(real(0), -1e-9)).toBe("must be a number of at least 0");
    expect(messageFor(real(0, { open: true }), 0)).toBe("must be a number above 0");
    expect(real(0, { below: 1 }).parse(0.999)).toBe(0.999);
    expect(messageFor(real(0, { below: 1 }), 1)).toBe("must be a number of at least 0 and below 1");
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, "x"])("rejects %s", (value) => {
    expect(messageFor(real(0), value)).toBe("must be a number of at least 0");
  });
});

describe("size", () => {
  test.each([
    ["4GB", 4e9],
    ["512MB", 512e6],
    ["512 mb", 512e6],
    ["1.5GiB", 1.5 * 2 ** 30],
    ["2000KB", 2e6],
    ["1500000", 1.5e6],
    [3e6, 3e6],
  ])("%s is %d bytes", (given, bytes) => expect(size().parse(given)).toBe(bytes));

  test.each(["4", "999KB", "GB", "-4GB", "4 XB", "4GBs", "", "1e999", "9999999999TB", Number.NaN, 0, true, null])(
    "refuses %s",
    (given) => {
      expect(messageFor(size(), given)).toBe("must be a size of at least 1MB, such as 4GB or 512MB");
    },
  );
});

test("choice lists the valid values", () => {
  expect(choice(["a", "b"]).parse("b")).toBe("b");
  expect(messageFor(choice(["a", "b"]), "c")).toBe("must be one of a, b");
});

test("text is neither empty nor contains NUL", () => {
  expect(text("a file").parse(" x ")).toBe(" x ");
  expect(messageFor(text("a file"), "")).toBe("must be a file");
  expect(messageFor(text("a file"), "a\0b")).toBe("must be a file");
  expect(messageFor(text("a file"), 5)).toBe("must be a file");
});

test("a flag is a boolean, not text", () => {
  expect(flag().parse(true)).toBe(true);
  expect(messageFor(flag(), "yes")).toBe("must be true or false");
});
