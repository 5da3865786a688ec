/** Medians and ratios of alternating steps. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.floor(middle - 0.5)] + sorted[Math.floor(middle)]) / 2;
}

/** First and third quartile by nearest rank. */
export function quartiles(values: readonly number[]): readonly [number, number] {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return [at(0.25), at(0.75)];
}

/** Least squares y = intercept + slope·x, and R², the share of y's variance that the fit explains. */
export function fitLine(points: readonly (readonly [number, number])[]): {
  readonly intercept: number;
  readonly slope: number;
  readonly r2: number;
} {
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [0, 1].map((axis) => mean(points.map((point) => point[axis])));
  const [sxx, sxy, syy] = [
    mean(points.map(([x]) => (x - mx) ** 2)),
    mean(points.map(([x, y]) => (x - mx) * (y - my))),
    mean(points.map(([, y]) => (y - my) ** 2)),
  ];
  const slope = sxy / sxx;
  return { intercept: my - slope * mx, slope, r2: sxy ** 2 / (sxx * syy) };
}
