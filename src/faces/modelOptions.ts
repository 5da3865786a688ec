/** Documented options of models in Node and of face detection, which the recognizer and functions of the library share. */

/** Hard prompts, which also classify zero-shot (paper, Table 2). */
export interface HardPromptOptions {
  /** 1: "a photo of"; 2: with the task named; 3 (default): with descriptions */
  readonly hardPrompt?: 1 | 2 | 3 | undefined;
  /** hard prompt of every class instead, such as "a photo of a {class}, a type of bird"; `{description}` takes the phrases */
  readonly template?: string | undefined;
  /** JSON file of class → phrases; default the package's */
  readonly descriptions?: string | undefined;
}

/** Prompts used for prediction. */
export interface PromptsOptions extends HardPromptOptions {
  /** trained prompts; default those supplied with the backbone, else zero-shot */
  readonly checkpoint?: string | undefined;
  /** classify with the hard prompts if no checkpoint is given; default false */
  readonly zeroShot?: boolean | undefined;
  /** false reads each face once, where the prompts ask for a mirrored read as well; default true */
  readonly flip?: boolean | undefined;
}

/** Frozen CLIP backbone and its runtime. */
export interface RuntimeOptions {
  /** folder in the Hugging Face layout, model on the hub, or one of the package; default `faceclip-mini` */
  readonly backbone?: string | undefined;
  /** arithmetic of the frozen encoders; default `fp32` */
  readonly precision?: "fp32" | "fp32-strassen" | "fp16" | "int8" | undefined;
  /** execution provider of ONNX Runtime; default `cpu` */
  readonly provider?: string | undefined;
  /** default: one per core */
  readonly threads?: number | undefined;
}

/** Options of face detection. */
export interface FaceOptions {
  /** size of the smallest face to detect, in pixels; the default depends on the picture's size */
  readonly smallestFace?: number | undefined;
  /** minimum score of the detector, 0 to 1; default 0.35 */
  readonly faceScore?: number | undefined;
}
