/** Where a shared training's messages lie in Redis. The braces keep them on one node of a cluster. */
export const trainingKeys = (training: string) => {
  const base = `mpa-fer:{${training}}`;
  return {
    /** what the training is; it is there as long as the training goes on */
    offer: `${base}:offer`,
    /** what all parts of the step in work take */
    feeds: `${base}:feeds`,
    /** list of parts that nobody has taken */
    todo: `${base}:todo`,
    /** list of answers */
    done: `${base}:done`,
  } as const;
};

/** Seconds after which a training that is not heard of any more is taken for ended. */
export const silence = 60;
