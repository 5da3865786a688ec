/** A server's answer, checked. */
import { z } from "zod";

const failure = z.object({
  error: z.union([z.string(), z.object({ message: z.string() }).transform((e) => e.message)]),
});

/** The body that fits the schema. Throws what the server says went wrong. */
export async function answerOf<S extends z.ZodType>(schema: S, response: Response): Promise<z.output<S>> {
  const body: unknown = await response.json();
  if (response.ok) return schema.parse(body);
  const said = failure.safeParse(body);
  throw new Error(said.success ? said.data.error : `the server answers ${response.status}`);
}
