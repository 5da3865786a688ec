/** Expressions as one route of a Hono app of one's own: `npx tsx server.ts PORT`. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { ExpressionRecognizer, MpaError } from "mpa-fer";

const fer = await ExpressionRecognizer.load();
const app = new Hono();

app.post("/faces", bodyLimit({ maxSize: 20e6 }), async (c) => {
  const picture = new Uint8Array(await c.req.arrayBuffer());
  try {
    // whoever hangs up is not worked for
    return c.json(await fer.predict(picture, { signal: c.req.raw.signal }));
  } catch (error) {
    if (error instanceof MpaError && error.code === "IMAGE") return c.json({ error: error.message }, 422);
    throw error;
  }
});

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(process.argv[2] ?? 3000) }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}/faces`);
});
process.once("SIGTERM", () => server.close(() => fer.dispose()));
