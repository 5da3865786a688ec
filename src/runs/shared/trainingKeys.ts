/** Redis keys of a distributed training, shared by its owner and the step workers. */

/** Redis keys of a distributed training. The braces (a hash tag) keep them on one node of a cluster. */
export const trainingKeys = (training: string) => {
  const base = `mpa-fer:{${training}}`;
  return {
    /** description of the training; expires when the owner is gone */
    offer: `${base}:offer`,
    /** inputs shared by all micro-batches of the current step */
    feeds: `${base}:feeds`,
    /** list of pending micro-batches */
    todo: `${base}:todo`,
    /** list of answers */
    done: `${base}:done`,
  } as const;
};

/** Seconds without a sign of life after which a training counts as ended. */
export const silence = 60;
