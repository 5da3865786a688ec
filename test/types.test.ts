/** Documented option types of the library against the schemas of the commands. */
import { expectTypeOf, it } from "vitest";
import type { z } from "zod";
import type { exportSchema } from "../src/apps/export/options.ts";
import type * as library from "../src/apps/library/options.ts";
import type { predictSchema, prepareSchema } from "../src/apps/predict/options.ts";
import type { pushSchema } from "../src/apps/push/options.ts";
import type { reproduceSchema } from "../src/apps/reproduce/options.ts";
import type { serveSchema } from "../src/apps/serve/options.ts";
import type { verifySchema } from "../src/apps/verify/options.ts";
import type { recognizerOptions } from "../src/faces/options.node.ts";
import type { RecognizerOptions } from "../src/faces/recognizer.node.ts";
import type { ablateSchema } from "../src/runs/ablate/options.ts";
import type { benchSchema } from "../src/runs/bench/options.ts";
import type { evaluateSchema } from "../src/runs/evaluate/options.ts";
import type { explainSchema } from "../src/runs/explain/options.ts";
import type { figuresSchema } from "../src/runs/figures/options.ts";
import type { trainSchema } from "../src/runs/options.ts";
import type { protocolSchema } from "../src/runs/protocols/options.ts";

/** Input type of a command's schema, without the options of the terminal. */
type Accepted<Schema extends { readonly config: z.ZodType }, Terminal extends string = never> = Readonly<
  Omit<z.input<Schema["config"]>, "json" | "quiet" | Terminal>
>;

it("option types are those that the commands take", () => {
  expectTypeOf<Readonly<library.TrainOptions>>().toEqualTypeOf<Accepted<typeof trainSchema, "estimate">>();
  expectTypeOf<Readonly<library.EvaluateOptions>>().toEqualTypeOf<Accepted<typeof evaluateSchema>>();
  expectTypeOf<Readonly<library.AblateOptions>>().toEqualTypeOf<Accepted<typeof ablateSchema, "estimate">>();
  expectTypeOf<Readonly<library.ProtocolOptions>>().toEqualTypeOf<Accepted<typeof protocolSchema, "estimate">>();
  expectTypeOf<Readonly<library.ReproduceOptions>>().toEqualTypeOf<Accepted<typeof reproduceSchema, "estimate">>();
  expectTypeOf<Readonly<library.FiguresOptions>>().toEqualTypeOf<Accepted<typeof figuresSchema>>();
  expectTypeOf<Readonly<library.VerifyOptions>>().toEqualTypeOf<Accepted<typeof verifySchema>>();
  expectTypeOf<Readonly<library.ExplainOptions>>().toEqualTypeOf<Accepted<typeof explainSchema>>();
  expectTypeOf<Readonly<library.BenchOptions>>().toEqualTypeOf<Accepted<typeof benchSchema, "estimate">>();
  expectTypeOf<Readonly<library.PredictOptions>>().toEqualTypeOf<
    Accepted<typeof predictSchema, "jsonl" | "csv" | "vtt" | "report" | "reportFaces" | "output" | "draw">
  >();
  expectTypeOf<Readonly<library.PrepareOptions>>().toEqualTypeOf<Accepted<typeof prepareSchema>>();
  expectTypeOf<Readonly<library.ExportOptions>>().toEqualTypeOf<Accepted<typeof exportSchema>>();
  expectTypeOf<Readonly<library.PushOptions>>().toEqualTypeOf<Accepted<typeof pushSchema>>();
  expectTypeOf<Readonly<RecognizerOptions>>().toEqualTypeOf<Readonly<z.input<typeof recognizerOptions>>>();
  expectTypeOf<Readonly<library.ServeOptions>>().toEqualTypeOf<Accepted<typeof serveSchema>>();
});
