/**
 * Local server with the part of MLflow's REST protocol that a run uses.
 * It enforces the limits of the real server and fails on demand.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { z } from "zod";
import { LocalServer } from "./localServer.ts";

const keyValue = z.strictObject({ key: z.string().regex(/^[\w\-. /]{1,250}$/), value: z.string().max(6000) });
const metric = z.strictObject({
  key: z.string().regex(/^[\w\-. /]{1,250}$/),
  value: z.number(),
  timestamp: z.int(),
  step: z.int(),
});
const bodies = {
  "experiments/create": z.strictObject({ name: z.string().min(1) }),
  "runs/create": z.strictObject({
    experiment_id: z.literal("7"),
    run_name: z.string(),
    start_time: z.int(),
    tags: z.array(keyValue).max(100),
  }),
  "runs/log-batch": z.strictObject({
    run_id: z.literal("r1"),
    metrics: z.array(metric).max(1000).default([]),
    params: z.array(keyValue).max(100).default([]),
  }),
  "runs/set-tag": z.strictObject({ run_id: z.literal("r1"), key: z.string(), value: z.string() }),
  "runs/update": z.strictObject({
    run_id: z.literal("r1"),
    status: z.enum(["RUNNING", "FINISHED", "FAILED", "KILLED"]),
    end_time: z.int().optional(),
  }),
} as const;

export class MlflowTestServer extends LocalServer {
  /** "METHOD path" of every request, in order */
  readonly requests: string[] = [];
  readonly authorizations = new Set<string | undefined>();
  readonly metrics: z.infer<typeof metric>[] = [];
  readonly params: Record<string, string> = {};
  readonly tags: Record<string, string> = {};
  readonly statuses: string[] = [];
  readonly artifacts: Record<string, Buffer> = {};
  experiments: string[] = [];
  /** number of requests that get status 503 first */
  failures = 0;

  protected async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? "", "http://127.0.0.1");
    this.requests.push(`${request.method} ${url.pathname}`);
    this.authorizations.add(request.headers.authorization);
    const send = (status: number, value: unknown) =>
      response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    if (this.failures > 0) {
      this.failures--;
      return void send(503, { message: "busy" });
    }
    const file = url.pathname.match(/^\/api\/2\.0\/mlflow-artifacts\/artifacts\/7\/r1\/artifacts\/([\w.-]+)$/)?.[1];
    if (file !== undefined && request.method === "PUT") {
      this.artifacts[file] = Buffer.concat(chunks);
      return void send(200, {});
    }
    const name = url.pathname.replace("/api/2.0/mlflow/", "");
    if (name === "experiments/get-by-name") {
      const known = this.experiments.includes(url.searchParams.get("experiment_name") ?? "");
      return void (known ? send(200, { experiment: { experiment_id: "7" } }) : send(404, { error_code: "X" }));
    }
    try {
      send(200, this.#take(name, JSON.parse(String(Buffer.concat(chunks)))));
    } catch (error) {
      send(400, { message: String(error) });
    }
  }

  #take(name: string, body: unknown): unknown {
    if (name === "experiments/create") {
      this.experiments.push(bodies[name].parse(body).name);
      return { experiment_id: "7" };
    }
    if (name === "runs/create") {
      for (const { key, value } of bodies[name].parse(body).tags) this.tags[key] = value;
      return { run: { info: { run_id: "r1", artifact_uri: "mlflow-artifacts:/7/r1/artifacts" } } };
    }
    if (name === "runs/log-batch") {
      const { metrics, params } = bodies[name].parse(body);
      this.metrics.push(...metrics);
      for (const { key, value } of params) {
        if ((this.params[key] ?? value) !== value)
          throw new Error(`the parameter ${key} is ${this.params[key]} already`);
        this.params[key] = value;
      }
      return {};
    }
    if (name === "runs/set-tag") {
      const { key, value } = bodies[name].parse(body);
      this.tags[key] = value;
      return {};
    }
    if (name !== "runs/update") throw new Error(`there is no ${name}`);
    this.statuses.push(bodies[name].parse(body).status);
    return {};
  }
}
