/** Holds what a plugin's function gave against what a plugin is; a module that is not typed can give anything. */
import { z } from "zod";
import { MpaError } from "../errors.ts";

const method = z.custom((value) => typeof value === "function", { error: "must be a function" });
const name = z.string({ error: "must be a name" }).min(1);
const list = (shape: z.ZodRawShape) => z.array(z.looseObject({ name, ...shape })).optional();

const schema = z.strictObject({
  name,
  datasets: list({ load: method }),
  samplers: list({ order: method }),
  lossTerms: z
    .array(
      z
        .looseObject({ name, ofImages: method.optional(), ofTexts: method.optional() })
        .refine(({ ofImages, ofTexts }) => (ofImages === undefined) !== (ofTexts === undefined), {
          error: "must have either ofImages or ofTexts",
        }),
    )
    .optional(),
  architectures: list({ config: method }),
  formats: list({ open: method }),
  callbacks: z.array(method).optional(),
});

/** Gives the plugin as it is. Throws PLUGIN and says which part is wrong. */
export function checkPlugin<P>(plugin: P, where: string | undefined): P {
  const result = schema.safeParse(plugin);
  if (result.success) return plugin;
  const [{ path, message }] = result.error.issues;
  const what = path.length === 0 ? message : `${path.map(String).join(".")}: ${message}`;
  throw new MpaError("PLUGIN", `the plugin is malformed (${what})`, where, "see docs/extending.md");
}
