/** Objects whose keys are data, such as the names of classes or the tokens of a vocabulary. */
import { z } from "zod";

/** An object of any keys, as `JSON.parse` makes it. */
export const plainObject = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "expected an object",
);

/**
 * A schema of an object of any keys with values of one kind. `__proto__` is a key like any other and becomes a property of the
 * object's own, where `z.record` leaves it out without a word.
 */
export const recordOf = <S extends z.ZodType>(schema: S) =>
  plainObject.transform((object, context): Record<string, z.output<S>> => {
    const entries: [string, z.output<S>][] = [];
    for (const [key, value] of Object.entries(object)) {
      const result = schema.safeParse(value);
      if (!result.success) {
        const [issue] = result.error.issues;
        context.addIssue({ code: "custom", path: [key, ...issue.path], message: issue.message });
        return z.NEVER;
      }
      entries.push([key, result.data]);
    }
    // Unlike an assignment, this makes `__proto__` a property.
    return Object.fromEntries(entries);
  });
