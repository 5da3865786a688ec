/** In which order an epoch visits the training images. */
export interface Sampler {
  readonly name: string;
  /** its order is drawn, which `--no-shuffle` forbids */
  readonly isRandom?: boolean;
  /**
   * Indices of samples, as many as there are samples, and a function of the request alone, so that a run can be repeated and
   * resumed. An index may come more than once or not at all.
   */
  order(request: SamplingRequest): readonly number[];
}

/** What an epoch's order may depend on. */
export interface SamplingRequest {
  /** of each sample of the split, in file order */
  readonly labels: readonly number[];
  readonly seed: number;
  /** from 0 */
  readonly epoch: number;
  /** false: file order */
  readonly shuffle: boolean;
}
