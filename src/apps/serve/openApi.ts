/** The OpenAPI document of the HTTP API. */
import type { BodyLimits } from "./body.ts";

const kinds = ["image/jpeg", "image/png", "image/webp", "image/gif", "image/tiff", "image/avif", "image/bmp"];
const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const json = (schema: object) => ({ "application/json": { schema } });
const problem = (description: string) => ({ description, content: json(reference("Problem")) });

export function openApiDocument(version: string, limits: BodyLimits) {
  const bytes = { schema: { type: "string", format: "binary" } };
  const body = Object.fromEntries(kinds.map((kind) => [kind, bytes]));
  const form = { type: "object", additionalProperties: { type: "string", format: "binary" } };
  const detect = { name: "detect", in: "query", schema: { type: "boolean", default: true } };
  const problems = {
    400: problem("no picture, or a parameter that does not fit"),
    401: problem("the token is missing or wrong"),
    403: problem("the Host or Origin is not known"),
    413: problem(`more than ${limits.picture / 1e6} MB a picture, or more than ${limits.parts} pictures`),
    503: problem("too many requests wait, or the model is being started again; Retry-After says when to ask again"),
  };
  return {
    openapi: "3.1.0",
    info: {
      title: "mpa-fer",
      version,
      description:
        "Faces in photographs and their expressions. It reads expressions, not feelings. No picture is kept.",
    },
    components: { schemas, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
    security: [{}, { token: [] }],
    paths: {
      "/api/predict": {
        post: {
          summary: "The faces of one picture, or of every file of a form, in order",
          parameters: [{ ...detect, description: "false: each picture is one aligned face" }],
          requestBody: { required: true, content: { ...body, "multipart/form-data": { schema: form } } },
          responses: {
            200: { description: "one entry a picture", content: json(reference("Predictions")) },
            422: { description: "no picture could be read", content: json(reference("Predictions")) },
            ...problems,
          },
        },
      },
      "/api/explain": {
        post: {
          summary: "What speaks for a class in one face of a picture",
          parameters: [
            {
              name: "face",
              in: "query",
              description: "counted as predict does",
              schema: { type: "integer", default: 0 },
            },
            {
              name: "landmarks",
              in: "query",
              description:
                "instead of face: the ten numbers of its landmarks as predict gives them; nothing is searched again",
              style: "form",
              explode: false,
              schema: { type: "array", items: { type: "number" }, minItems: 10, maxItems: 10 },
            },
            { name: "target", in: "query", required: true, schema: { type: "string" } },
            detect,
          ],
          requestBody: { required: true, content: body },
          responses: {
            200: { description: "maps over the aligned face", content: json(reference("Explanation")) },
            422: problem("the picture could not be read"),
            ...problems,
          },
        },
      },
      "/api/health": {
        get: {
          summary: "Which model answers, and how many pictures wait",
          responses: {
            200: { description: "ready", content: json(reference("Health")) },
            503: { description: "the model is being started again", content: json(reference("Health")) },
          },
        },
      },
      "/api/runs": {
        get: {
          summary: "The runs in the folder that serve was given with --runs",
          responses: { 200: { description: "one entry a run" }, 404: problem("there is no such folder") },
        },
      },
      "/api/runs/{name}": {
        get: {
          summary: "One run: its settings, figures and epochs",
          parameters: [runName],
          responses: { 200: { description: "the run" }, 404: problem("there is no such run") },
        },
      },
      "/api/runs/{name}/report.html": {
        get: {
          summary: "The report of a run",
          parameters: [runName],
          responses: { 200: { description: "a page" }, 404: problem("there is no such run, or it has no report") },
        },
      },
      "/metrics": { get: { summary: "Counts for Prometheus", responses: { 200: { description: "text" } } } },
    },
  };
}

const runName = { name: "name", in: "path", required: true, schema: { type: "string" } };
const number = { type: "number" };
const text = { type: "string" };
const list = (items: object, size?: number) => ({
  type: "array",
  items,
  ...(size !== undefined && { minItems: size, maxItems: size }),
});
const record = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []) => ({
  type: "object",
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
});
const map = record({ width: number, height: number, data: list(number) });

const schemas = {
  Predictions: list(reference("Prediction")),
  Prediction: record({ file: text, faces: list(reference("Face")), error: text }, ["error"]),
  Face: record(
    {
      box: { ...list(number, 4), description: "x, y, width, height in pixels of the upright picture" },
      score: { ...number, description: "the largest probability" },
      label: text,
      probabilities: { type: "object", additionalProperties: number },
      detection: { ...number, description: "how sure the detector is of the face" },
      landmarks: { ...list(list(number, 2), 5), description: "eyes, nose, corners of the mouth" },
    },
    ["detection", "landmarks"],
  ),
  Explanation: record({
    face: { ...text, description: "what the model saw, as a data URL" },
    similarity: { ...map, description: "similarity of every patch to the class's text" },
    patches: { ...list(number), description: "the patches that speak most for the class, best first" },
    saliency: { ...map, description: "how much a change of each pixel changes the class's logit" },
  }),
  Health: record(
    {
      status: { enum: ["ok", "starting"] },
      version: text,
      queue: record({ length: number, limit: number }),
      classes: list(text),
      backbone: record({ name: text, sha256: text }),
      checkpoint: text,
      provider: text,
      threads: number,
    },
    ["checkpoint"],
  ),
  Problem: record({ error: record({ code: text, message: text }) }),
};
