/** How wide the rows of an activation are best stored for the matrix product that reads them. */

/** Rows whose starts lie a multiple of this apart share the few places of a first-level cache: a page of common processors. */
const aliasingBytes = 4096;

/** What is added to such a row: one line of a cache, in single precision. */
const extraColumns = 16;

/**
 * Columns for rows of `width` floats: that many, or one cache line more. A product reads about a dozen rows side by side;
 * with 3,072 columns they push each other out of the cache, and ONNX Runtime's `Gemm` takes a tenth longer than with 3,088.
 */
export const rowWidth = (width: number): number => ((4 * width) % aliasingBytes === 0 ? width + extraColumns : width);
