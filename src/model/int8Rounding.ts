/** Rounding a weight W [out, in] to −127 … 127, symmetric, with a scale for each output or for each input. */

/** A scale an output, the largest magnitude of its row over 127; the values as Wᵀ [in, out]. */
export function byRow(
  w: Float32Array,
  out: number,
  inner: number,
): { readonly transposed: Int8Array; readonly scale: Float32Array } {
  const transposed = new Int8Array(w.length);
  const scale = new Float32Array(out);
  for (let o = 0; o < out; o++) {
    let largest = 0;
    for (let i = 0; i < inner; i++) largest = Math.max(largest, Math.abs(w[o * inner + i]));
    scale[o] = scaleOf(largest);
    for (let i = 0; i < inner; i++) transposed[i * out + o] = Math.round(w[o * inner + i] / scale[o]);
  }
  return { transposed, scale };
}

/** A scale an input, the largest magnitude of its column over 127; the values as W [out, in]. */
export function byColumn(
  w: Float32Array,
  out: number,
  inner: number,
): { readonly values: Int8Array; readonly scale: Float32Array } {
  const largest = new Float32Array(inner);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) largest[i] = Math.max(largest[i], Math.abs(w[o * inner + i]));
  }
  const scale = largest.map(scaleOf);
  const values = new Int8Array(w.length);
  for (let o = 0; o < out; o++) {
    for (let i = 0; i < inner; i++) values[o * inner + i] = Math.round(w[o * inner + i] / scale[i]);
  }
  return { values, scale };
}

/** Zeros keep a scale that can be divided by. */
const scaleOf = (largest: number): number => (largest === 0 ? 1 : largest / 127);
