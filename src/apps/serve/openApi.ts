/** OpenAPI document of the HTTP API. */
import type { BodyLimits } from "./body.ts";
import { reference, schemas } from "./openApiSchemas.ts";

const kinds = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/avif", "image/bmp"];

const json = (name: keyof typeof schemas) => ({ "application/json": { schema: reference(name) } });
const answer = (description: string, name: keyof typeof schemas) => ({ description, content: json(name) });
const problem = (description: string) => answer(description, "Problem");
/** Raw bytes; client generators recognise this format. */
const bytes = { type: "string", format: "binary" };
const query = (name: string, description: string, schema: object) => ({ name, in: "query", description, schema });
const detect = query("detect", "false: each picture is one aligned face", { type: "boolean", default: true });
const runName = {
  name: "name",
  in: "path",
  required: true,
  schema: { type: "string" },
  description: "with `/` as %2F",
};

/** Properties of every operation that requires the token. */
const guarded = {
  401: problem("`TOKEN`: the token is missing or wrong"),
  403: problem("`HOST`, `ORIGIN`: the server does not answer under this name, or not to pages of this origin"),
};

export function openApiDocument(version: string, limits: BodyLimits) {
  return {
    openapi: "3.1.0",
    info: {
      title: "mpa-fer",
      version,
      description:
        "Faces in photographs and their expressions. It reads expressions, not feelings. No picture is kept. Every error has one shape (`Problem`); a method that an address does not have is answered with 405 and `Allow`.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/", description: "the server that this document comes from" }],
    tags: [
      { name: "pictures", description: "Faces and their expressions" },
      { name: "server", description: "How the server is" },
      { name: "runs", description: "Trainings in the folder that serve was given with --runs" },
    ],
    security: [{}, { token: [] }],
    paths: {
      "/api/predict": { post: predict(limits) },
      "/api/explain": { post: explain(limits) },
      "/api/health": { get: health },
      "/metrics": { get: metrics },
      "/openapi.json": { get: document },
      "/api/runs": { get: runs },
      "/api/runs/{name}": { get: run },
      "/api/runs/{name}/report.html": { get: report },
    },
    components: { schemas, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
  };
}

/** Error responses of operations that receive pictures. */
const refusals = ({ picture, parts }: BodyLimits) => ({
  400: problem("`USAGE`: no picture, a form that is not understood, or a parameter that does not fit"),
  ...guarded,
  408: problem("`TIMEOUT`: the request took too long to arrive"),
  413: problem(`\`TOO_LARGE\`: more than ${picture / 1e6} MB a picture, or more than ${parts} pictures`),
  500: problem("`INTERNAL`: the server failed"),
  503: {
    ...problem("`BUSY`: too many pictures or bytes wait, or the model is being started again"),
    headers: { "Retry-After": { description: "seconds until it is worth asking again", schema: { type: "integer" } } },
  },
});

/** Picture as the body; its format is detected from its bytes, whatever the header says. */
const picture = Object.fromEntries(["application/octet-stream", ...kinds].map((kind) => [kind, { schema: bytes }]));

const predict = (limits: BodyLimits) => ({
  operationId: "predict",
  tags: ["pictures"],
  summary: "The faces of one picture, or of every file of a form, in order",
  parameters: [detect],
  requestBody: {
    required: true,
    content: {
      ...picture,
      "multipart/form-data": {
        schema: {
          type: "object",
          properties: {
            file: { type: "array", items: bytes, maxItems: limits.parts, description: "any name of a field will do" },
          },
        },
      },
    },
  },
  responses: {
    200: answer("one entry a picture", "Predictions"),
    422: answer("no picture could be read; each entry says why", "Predictions"),
    ...refusals(limits),
  },
});

const explain = (limits: BodyLimits) => ({
  operationId: "explain",
  tags: ["pictures"],
  summary: "Explains a class in one face of a picture",
  parameters: [
    query("face", "counted as predict does", { type: "integer", minimum: 0, default: 0 }),
    { ...query("target", "a class", { type: "string" }), required: true },
    detect,
  ],
  requestBody: { required: true, content: picture },
  responses: {
    200: answer("maps over the aligned face", "Explanation"),
    422: problem("`IMAGE`: the picture could not be read"),
    ...refusals(limits),
  },
});

const health = {
  operationId: "health",
  tags: ["server"],
  summary: "Which model answers, how many pictures wait, and whether they are answered",
  responses: {
    200: answer("pictures are answered", "Health"),
    ...guarded,
    503: answer("they are not at the moment: `status` says why", "Health"),
  },
};

const text = (type: string, description: string) => ({
  description,
  content: { [type]: { schema: { type: "string" } } },
});

const metrics = {
  operationId: "metrics",
  tags: ["server"],
  summary: "Counts for Prometheus",
  responses: { 200: text("text/plain", "its text format, version 0.0.4"), ...guarded },
};

const document = {
  operationId: "openApi",
  tags: ["server"],
  summary: "This document",
  responses: {
    200: {
      description: "OpenAPI 3.1",
      content: { "application/json": { schema: { type: "object", additionalProperties: true } } },
    },
    403: guarded[403],
  },
};

const noRun = problem("`NOT_FOUND`: there is no such run, or no folder of runs");

const runs = {
  operationId: "listRuns",
  tags: ["runs"],
  summary: "All runs in the folder",
  responses: { 200: answer("one entry a run, by name", "Runs"), ...guarded, 404: noRun },
};

const run = {
  operationId: "getRun",
  tags: ["runs"],
  summary: "One run: its settings, figures and epochs",
  parameters: [runName],
  responses: { 200: answer("the run", "RunDetails"), ...guarded, 404: noRun },
};

const report = {
  operationId: "getReport",
  tags: ["runs"],
  summary: "The report of a run",
  parameters: [runName],
  responses: { 200: text("text/html", "a page that loads nothing"), ...guarded, 404: noRun },
};
