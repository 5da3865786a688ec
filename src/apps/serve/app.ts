/** The HTTP API as one fetch handler; it knows nothing of sockets. */
import { type Context, Hono } from "hono";
import type { ModelDescription } from "../../faces/recognizer.ts";
import { refusalOf } from "../../pictures/decode.node.ts";
import type { ErrorCode } from "../../platform/errors.ts";
import { type BodyLimits, BodyReader, defaultBodyLimits, type SentPicture } from "./body.ts";
import { type GuardOptions, guardHost, guardOrigin, guardToken, securityHeaders } from "./guards.ts";
import { Abandoned, busy, HttpError } from "./httpError.ts";
import { parseLandmarks } from "./landmarks.ts";
import type { Metrics } from "./metrics.ts";
import type { Failure, PictureAnswer } from "./model.ts";
import { ModelGone } from "./modelChild.ts";
import { openApiDocument } from "./openApi.ts";
import { type Question, QueueClosed, QueueFull, type RequestQueue } from "./queue.ts";
import { pageRoutes, runRoutes } from "./routes.ts";

export interface AppOptions {
  readonly version: string;
  readonly guard: GuardOptions;
  readonly queue: RequestQueue;
  readonly metrics: Metrics;
  readonly limits?: BodyLimits;
  /** model described by `GET /api/health` */
  model(): ModelDescription & { readonly provider: string; readonly threads: number; readonly unsureBelow: number };
  /** state of the model process: number of replacements, whether it is ready, and whether its batch is overdue */
  process(): { readonly replaced: number; readonly isReady: boolean; readonly isOverdue: boolean };
  /** folder of run folders; without it the run routes respond 404 */
  readonly runs?: string;
  /** folder of the page's built files; default: the package's */
  readonly pageFolder?: string;
}

export function createApp(options: AppOptions): Hono {
  const { version, guard, queue, metrics } = options;
  // A form with more pictures than the queue holds could never be accepted.
  const { parts, ...sizes } = options.limits ?? defaultBodyLimits;
  const limits = { ...sizes, parts: Math.min(parts, queue.limit) };
  const bodies = new BodyReader(limits);
  const app = new Hono();
  app.use(timed(metrics), securityHeaders, guardHost(guard), guardOrigin(guard));
  app.use("/api/*", guardToken(guard));
  app.use("/metrics", guardToken(guard));

  app.get("/api/health", (c) => {
    const status = healthOf(options);
    const state = { status, version, queue: { length: queue.length, limit: queue.limit } };
    return c.json({ ...state, ...options.model() }, status === "ok" ? 200 : 503);
  });
  app.get("/metrics", (c) => {
    const { replaced } = options.process();
    const gauges = { queued: queue.length, queueLimit: queue.limit, bodyBytes: bodies.held, replaced };
    return c.text(metrics.text(gauges), 200, { "Content-Type": "text/plain; version=0.0.4; charset=utf-8" });
  });
  app.get("/openapi.json", (c) => c.json(openApiDocument(version, limits)));
  app.post("/api/predict", async (c) => {
    const detect = flag(c.req.query("detect"), true);
    return await withPictures(c, async (pictures) => {
      const answers = await ask(c, pictures, { detect });
      metrics.faces(answers.reduce((sum, answer) => sum + ("faces" in answer ? answer.faces.length : 0), 0));
      const body = pictures.map(({ name: file }, i) => ({ file, ...predictionOf(answers[i]) }));
      return c.json(body, answers.every((answer) => "error" in answer) ? 422 : 200);
    });
  });
  app.post("/api/explain", async (c) => {
    const face = Number(c.req.query("face") ?? 0);
    const landmarks = parseLandmarks(c.req.query("landmarks"));
    const target = c.req.query("target");
    if (!Number.isInteger(face) || face < 0) throw new HttpError(400, "USAGE", "face must be a whole number from 0 on");
    if (target === undefined) throw new HttpError(400, "USAGE", "target must name a class");
    const detect = flag(c.req.query("detect"), true);
    return await withPictures(c, async ([picture]) => {
      const [answer] = await ask(c, [picture], { detect, explain: { face, landmarks, target } });
      if ("explanation" in answer) return c.json(answer.explanation);
      const { code, message } = "error" in answer ? answer.error : internal;
      throw new HttpError(code === "USAGE" ? 400 : 422, code, message);
    });
  });
  app.route("/api/runs", runRoutes(options.runs));
  refuseOtherMethods(app);
  app.route("/", pageRoutes(options.pageFolder));
  app.notFound((c) => c.json(new HttpError(404, "NOT_FOUND", "there is nothing here").body, 404));
  app.onError((error, c) => {
    const failure = error instanceof HttpError ? error : new HttpError(500, internal.code, internal.message);
    return c.json(failure.body, failure.status, { ...failure.headers });
  });

  /** Reads the pictures of a request, unless the queue is full. */
  async function withPictures(c: Context, work: (pictures: readonly SentPicture[]) => Promise<Response>) {
    if (!queue.hasRoomFor(1)) throw busy("too many pictures are waiting");
    return await bodies.answer(c.req.raw, work);
  }

  /** Returns one answer per picture. Pictures with unsupported first bytes are rejected without the model. */
  async function ask(
    c: Context,
    pictures: readonly SentPicture[],
    how: Omit<Question, "bytes">,
  ): Promise<PictureAnswer[]> {
    const refusals = pictures.map(({ bytes }) => refusalOf(bytes));
    try {
      const asked = pictures.filter((_, i) => refusals[i] === undefined).map(({ bytes }) => ({ ...how, bytes }));
      const answers = await queue.ask(asked, c.req.raw.signal);
      return refusals.map((refusal) => {
        const answer = refusal === undefined ? answers.shift() : undefined;
        return answer ?? { id: 0, error: { code: "IMAGE", message: refusal ?? internal.message } };
      });
    } catch (error) {
      if (c.req.raw.signal.aborted) throw new Abandoned();
      if (isBusy(error)) throw busy(error.message);
      throw error;
    }
  }
  return app;
}

const isBusy = (error: unknown): error is Error =>
  error instanceof QueueFull || error instanceof QueueClosed || error instanceof ModelGone;

function healthOf({ queue, process }: AppOptions): "ok" | "starting" | "stuck" {
  const { isReady, isOverdue } = process();
  if (!isReady) return "starting";
  return isOverdue || queue.isStuck ? "stuck" : "ok";
}

/** Registers 405 responses for the other methods of every route so far. */
function refuseOtherMethods(app: Hono): void {
  const byPath = new Map<string, Set<string>>();
  for (const { method, path } of app.routes) {
    if (method !== "ALL") byPath.set(path, (byPath.get(path) ?? new Set()).add(method));
  }
  for (const [path, methods] of byPath) {
    if (methods.has("GET")) methods.add("HEAD");
    const allowed = [...methods].join(", ");
    app.all(path, () => {
      throw new HttpError(405, "METHOD", `only ${allowed} will do here`, { Allow: allowed });
    });
  }
}

const internal: Failure = { code: "INTERNAL" satisfies ErrorCode, message: "the server failed" };

function predictionOf(answer: PictureAnswer) {
  if ("faces" in answer) {
    const { faces, scale } = answer;
    return { faces, ...(scale !== undefined && { scale }) };
  }
  return { faces: [], error: "error" in answer ? answer.error.message : internal.message };
}

function flag(text: string | undefined, usual: boolean): boolean {
  if (text === undefined) return usual;
  if (text === "true" || text === "false") return text === "true";
  throw new HttpError(400, "USAGE", "detect must be true or false");
}

const routes = new Set(["/api/predict", "/api/explain", "/api/health", "/metrics", "/openapi.json"]);

/** Status in the metrics for a client that disconnected, as in nginx; it is never sent. */
const abandoned = 499;

const timed =
  (metrics: Metrics) =>
  async (c: Context, next: () => Promise<void>): Promise<void> => {
    const started = performance.now();
    await next();
    const isAbandoned = c.error instanceof Abandoned || c.req.raw.signal.aborted;
    const status = isAbandoned ? abandoned : c.res.status;
    metrics.request(routes.has(c.req.path) ? c.req.path : "other", status, (performance.now() - started) / 1000);
  };
