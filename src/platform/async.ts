/** Concurrent work with ordered results. */

/**
 * Maps items to results in order, with up to `width` calls of `work` in progress. Throws the first failure after the work in
 * progress has settled.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const one = work(item);
      // Awaited later in order; a rejection before that must not count as unhandled.
      one.catch(() => undefined);
      begun.push(one);
      const [first] = begun;
      if (begun.length < width) continue;
      yield await first;
      begun.shift();
    }
    for (; begun.length > 0; begun.shift()) yield await begun[0];
  } finally {
    await Promise.allSettled(begun);
  }
}
