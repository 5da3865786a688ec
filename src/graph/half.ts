/** Half precision (IEEE 754 binary16) as bits, since JavaScript has no array of it on every supported version of Node. */

/** Bits of the values in half precision, rounded to nearest, ties to even; magnitudes from 65,520 become infinity. */
export function toHalf(values: Float32Array): Uint16Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
  return Uint16Array.from(words, halfOfWord);
}

/** The value of the bits of one number in half precision. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : Number.NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Half-precision bits of a number given as the bits of single precision. */
function halfOfWord(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const magnitude = word & 0x7fffffff;
  if (magnitude > infinity) return sign | 0x7e00;
  if (magnitude >= overflow) return sign | 0x7c00;
  if (magnitude < smallestNormal) return sign | subnormalOf(magnitude);
  // The exponents' biases differ by 112. A fraction that rounds up to 1 carries into the exponent.
  return sign | ((magnitude - (112 << 23) + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
}

/** Bits of single precision: infinity, 65,520 and 2⁻¹⁴. */
const [infinity, overflow, smallestNormal] = [0x7f800000, 0x477ff000, 0x38800000];

/** A magnitude below 2⁻¹⁴ as a multiple of 2⁻²⁴. */
function subnormalOf(magnitude: number): number {
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return 0;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  const [whole, rest, half] = [significand >>> shift, significand & ((1 << shift) - 1), 1 << (shift - 1)];
  return rest > half || (rest === half && whole % 2 === 1) ? whole + 1 : whole;
}
