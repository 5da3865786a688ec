/** JSON Schemas (OpenAPI 3.1) of the response bodies. */

const number = { type: "number" };
const integer = { type: "integer" };
const text = { type: "string" };
const boolean = { type: "boolean" };

export const reference = (name: keyof typeof schemas) => ({ $ref: `#/components/schemas/${name}` });
const refer = (name: string) => ({ $ref: `#/components/schemas/${name}` });

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

const map = record({ width: integer, height: integer, data: list(number) });

const run = {
  name: { ...text, description: "path under the folder of runs" },
  variant: text,
  dataset: text,
  backbone: text,
  seed: integer,
  lr: { ...number, description: "learning rate" },
  settings: { ...text, description: "key of the settings without the seed: runs with the same key differ in it only" },
  startedAt: { ...text, description: "when the training began, ISO 8601, UTC" },
  changed: { ...text, description: "when the record was last written, ISO 8601, UTC" },
  finished: boolean,
  steps: integer,
  epochs: integer,
  metrics: {
    ...record({
      accuracy: number,
      uar: number,
      ece: number,
      n: integer,
      classes: list(text),
      perClass: { type: "object", additionalProperties: record({ recall: number, support: integer }) },
    }),
    description:
      "of the best epoch on the validation split, or what `protocol` says; absent before the first validation",
  },
  intervals: {
    ...record({ accuracy: list(number) }),
    description: "95 % confidence interval of that accuracy, where the record has it",
  },
  protocol: { ...text, description: "what the paper's protocol makes of the figures; absent for the project's own" },
  report: { ...boolean, description: "whether there is a report" },
};

const optionalOfRun = ["lr", "startedAt", "changed", "metrics", "intervals", "protocol"];

export const schemas = {
  Predictions: list(refer("Prediction")),
  Prediction: record(
    {
      file: { ...text, description: "the file's name in the form, the field's where it has none, or `image`" },
      faces: list(refer("Face")),
      scale: {
        ...number,
        description:
          "of a picture that is too large to be decoded whole: the share of its width at which it was looked at; boxes are those of the whole picture",
      },
      error: { ...text, description: "why this picture could not be read; its faces are empty then" },
    },
    ["scale", "error"],
  ),
  Face: record(
    {
      box: { ...list(number, 4), description: "x, y, width, height in pixels of the upright picture" },
      score: { ...number, description: "the largest probability" },
      label: text,
      confident: { ...boolean, description: "whether the label can be relied on: its probability is high enough" },
      probabilities: { type: "object", additionalProperties: number },
      detection: { ...number, description: "how sure the detector is of the face; absent with detect=false" },
      landmarks: {
        ...list(list(number, 2), 5),
        description: "eyes, nose, corners of the mouth; absent with detect=false",
      },
    },
    ["detection", "landmarks"],
  ),
  Explanation: record({
    face: { ...text, description: "what the model saw, as a data URL" },
    similarity: { ...map, description: "similarity of every patch to the class's text" },
    patches: { ...list(integer), description: "the patches that speak most for the class, best first" },
    saliency: { ...map, description: "how much a change of each pixel changes the class's logit" },
  }),
  Health: record(
    {
      status: {
        ...text,
        enum: ["ok", "starting", "stuck"],
        description:
          "`starting`: the model's process died or was ended, and a new one loads; `stuck`: pictures wait longer than their work may take",
      },
      version: text,
      queue: record({ length: integer, limit: integer }),
      classes: list(text),
      backbone: record({ name: text, sha256: text }),
      checkpoint: { ...text, description: "file name of the trained prompts; absent for zero-shot" },
      isBundled: {
        ...{ type: "boolean", enum: [true] },
        description: "whether the trained prompts are those that come with the backbone; absent where they are not",
      },
      provider: text,
      threads: integer,
      unsureBelow: { ...number, description: "least probability of a label with `confident: true`" },
    },
    ["checkpoint", "isBundled"],
  ),
  Runs: list(refer("Run")),
  Run: record(run, optionalOfRun),
  RunDetails: record(
    {
      ...run,
      config: { type: "object", additionalProperties: true, description: "the options of the training" },
      validation: {
        ...list(record({ epoch: integer, accuracy: number })),
        description: "accuracy on the validation split after each epoch",
      },
    },
    optionalOfRun,
  ),
  Problem: {
    ...record({
      error: record({
        code: { ...text, description: "stable, for programs" },
        message: { ...text, description: "for people" },
      }),
    }),
    description: "the body of every error",
  },
};
