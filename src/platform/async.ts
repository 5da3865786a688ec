/** Concurrent work with ordered results. */

/**
 * The results of `work` on each item, in the order of the items, with up to `width` of them in progress. Throws the first failure, after
 * the work in progress has settled.
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
      // Awaited in its turn; a failure before that must not count as unhandled.
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
