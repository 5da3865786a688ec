/** Schemas of objects with arbitrary keys, such as class names or vocabulary tokens, and of long lists. */
import { z } from "zod";

/** A schema of objects with arbitrary keys. */
export const plainObject = z.custom<Readonly<Record<string, unknown>>>(
  (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  "expected an object",
);

/**
 * A schema of objects with arbitrary keys and values of one type. The key `__proto__` becomes an own property, whereas `z.record`
 * drops it silently.
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
    // Unlike assignment, this defines `__proto__` as an own property.
    return Object.fromEntries(entries);
  });

/** A schema of lists that stops at the first invalid element, whereas `z.array` reports every one. */
export const listOf = <S extends z.ZodType>(schema: S) =>
  z.custom<readonly unknown[]>(Array.isArray, "expected a list").transform((list, context): z.output<S>[] => {
    const items: z.output<S>[] = [];
    for (const [i, item] of list.entries()) {
      const result = schema.safeParse(item);
      if (!result.success) {
        const [issue] = result.error.issues;
        context.addIssue({ code: "custom", path: [i, ...issue.path], message: issue.message });
        return z.NEVER;
      }
      items.push(result.data);
    }
    return items;
  });
