/** The HTTP API (CONTRACT.md, Answers) as one fetch handler; it knows nothing of sockets. */
import { type Context, Hono } from "hono";
import type { ModelDescription } from "../../faces/recognizer.ts";
import { refusalOf } from "../../pictures/decode.node.ts";
import type { ErrorCode } from "../../platform/errors.ts";
import { type BodyLimits, BodyReader, busy, HttpError, type SentPicture, usualLimits } from "./body.ts";
import { type GuardOptions, guardHost, guardOrigin, guardToken, securityHeaders } from "./guards.ts";
import { parseLandmarks } from "./landmarks.ts";
import type { Metrics } from "./metrics.ts";
import type { Failure, PictureAnswer } from "./model.ts";
import { ModelGone } from "./modelHost.ts";
import { openApiDocument } from "./openApi.ts";
import { type Question, QueueFull, type RequestQueue } from "./queue.ts";
import { pageRoutes, runRoutes } from "./routes.ts";

export interface AppOptions {
  readonly version: string;
  readonly guard: GuardOptions;
  readonly queue: RequestQueue;
  readonly metrics: Metrics;
  readonly limits?: BodyLimits;
  /** what `GET /api/health` tells of the model */
  model(): ModelDescription & { readonly provider: string; readonly threads: number };
  /** how often the model's process was replaced, and whether there is one */
  process(): { readonly replaced: number; readonly isThere: boolean };
  /** folder of run folders; without it there are no runs to show */
  readonly runs?: string;
  /** the page's built files; the package's own unless it is given */
  readonly pageFolder?: string;
}

export function createApp(options: AppOptions): Hono {
  const { version, guard, queue, metrics, limits = usualLimits } = options;
  const bodies = new BodyReader(limits);
  const app = new Hono();
  app.use(timed(metrics), securityHeaders, guardHost(guard), guardOrigin(guard));
  app.use("/api/*", guardToken(guard));
  app.use("/metrics", guardToken(guard));

  app.get("/api/health", (c) => {
    const { isThere } = options.process();
    const state = { status: isThere ? "ok" : "starting", version, queue: { length: queue.length, limit: queue.limit } };
    return c.json({ ...state, ...options.model() }, isThere ? 200 : 503);
  });
  app.get("/metrics", (c) =>
    c.text(metrics.text({ queued: queue.length, queueLimit: queue.limit, replaced: options.process().replaced }), 200, {
      "Content-Type": "text/plain; version=0.0.4; charset=utf-8",
    }),
  );
  app.get("/openapi.json", (c) => c.json(openApiDocument(version, limits)));
  app.post("/api/predict", async (c) => {
    const detect = flag(c.req.query("detect"), true);
    const pictures = await received(c, bodies, queue);
    const answers = await ask(pictures, { detect });
    metrics.faces(answers.reduce((sum, answer) => sum + ("faces" in answer ? answer.faces.length : 0), 0));
    const body = pictures.map(({ name: file }, i) => ({ file, ...predictionOf(answers[i]) }));
    return c.json(body, answers.every((answer) => "error" in answer) ? 422 : 200);
  });
  app.post("/api/explain", async (c) => {
    const face = Number(c.req.query("face") ?? 0);
    const landmarks = parseLandmarks(c.req.query("landmarks"));
    const target = c.req.query("target");
    if (!Number.isInteger(face) || face < 0) throw new HttpError(400, "USAGE", "face must be a whole number from 0 on");
    if (target === undefined) throw new HttpError(400, "USAGE", "target must name a class");
    const [picture] = await received(c, bodies, queue);
    const [answer] = await ask([picture], {
      detect: flag(c.req.query("detect"), true),
      explain: { face, landmarks, target },
    });
    if ("explanation" in answer) return c.json(answer.explanation);
    const { code, message } = "error" in answer ? answer.error : internal;
    throw new HttpError(code === "USAGE" ? 400 : 422, code, message);
  });
  app.route("/api/runs", runRoutes(options.runs));
  app.route("/", pageRoutes(options.pageFolder));
  app.notFound((c) => c.json(new HttpError(404, "NOT_FOUND", "there is nothing here").body, 404));
  app.onError((error, c) => {
    const told = error instanceof HttpError ? error : new HttpError(500, internal.code, internal.message);
    return c.json(told.body, told.status, { ...told.headers });
  });

  async function ask(pictures: readonly SentPicture[], how: Omit<Question, "bytes">): Promise<PictureAnswer[]> {
    const refusals = pictures.map(({ bytes }) => refusalOf(bytes));
    try {
      const asked = pictures.filter((_, i) => refusals[i] === undefined).map(({ bytes }) => ({ ...how, bytes }));
      const answers = asked.length === 0 ? [] : await queue.ask(asked);
      return refusals.map((refusal) => {
        const answer = refusal === undefined ? answers.shift() : undefined;
        return answer ?? { id: 0, error: { code: "IMAGE", message: refusal ?? internal.message } };
      });
    } catch (error) {
      if (error instanceof QueueFull || error instanceof ModelGone) throw busy(error.message);
      throw error;
    }
  }
  return app;
}

const internal: Failure = { code: "INTERNAL" satisfies ErrorCode, message: "the server failed" };

/** The pictures of a request. What cannot be answered soon is not read at all. */
async function received(c: Context, bodies: BodyReader, queue: RequestQueue): Promise<SentPicture[]> {
  if (!queue.hasRoomFor(1)) throw busy("too many pictures are waiting");
  return bodies.read(c.req.raw);
}

function predictionOf(answer: PictureAnswer) {
  if ("faces" in answer) return { faces: answer.faces };
  return { faces: [], error: "error" in answer ? answer.error.message : internal.message };
}

function flag(text: string | undefined, usual: boolean): boolean {
  if (text === undefined) return usual;
  if (text === "true" || text === "false") return text === "true";
  throw new HttpError(400, "USAGE", "detect must be true or false");
}

const routes = new Set(["/api/predict", "/api/explain", "/api/health", "/metrics", "/openapi.json"]);

const timed =
  (metrics: Metrics) =>
  async (c: Context, next: () => Promise<void>): Promise<void> => {
    const started = performance.now();
    await next();
    metrics.request(routes.has(c.req.path) ? c.req.path : "other", c.res.status, (performance.now() - started) / 1000);
  };
