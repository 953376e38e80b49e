/** Integral of `f` from `from` to `to` by Simpson's rule on `panels` panels: a reference that shares nothing with the formulas it checks. */
export function integrate(f: (x: number) => number, from: number, to: number, panels: number): number {
  const step = (to - from) / panels;
  let sum = f(from) + f(to);
  for (let i = 1; i < panels; i++) sum += 2 * f(from + i * step);
  for (let i = 0; i < panels; i++) sum += 4 * f(from + (i + 0.5) * step);
  return (sum * step) / 6;
}

/** E[f(P_T)] for a lognormal price with the given mean and deviation of its logarithm, over ±12 deviations. */
export function expectLognormal(
  f: (price: number) => number,
  mean: number,
  deviation: number,
  panels = 20_000,
): number {
  const law = (z: number): number => f(mean * Math.exp(z * deviation - deviation ** 2 / 2)) * Math.exp(-(z * z) / 2);
  return integrate(law, -12, 12, panels) / Math.sqrt(2 * Math.PI);
}
