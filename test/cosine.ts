/** Cosine similarity of two vectors. */
export function cosine(a: ArrayLike<number | bigint>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < b.length; i++) {
    const x = Number(a[i]);
    dot += x * b[i];
    aa += x * x;
    bb += b[i] * b[i];
  }
  return dot / Math.sqrt(aa * bb);
}
