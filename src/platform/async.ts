/** Work on several items at a time, with the results in the order of the items. */

/** Yields `work` of each item in order, with up to `width` of them under way. The first failure is thrown, and what has begun is waited for. */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const begun: Promise<Result>[] = [];
  try {
    for (const item of items) {
      const one = work(item);
      // It is looked at in its turn; until then its failure is nobody's.
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
