/** A curve with fewer points: the first and last, and the lowest and highest of every stretch, in their order. */
export function thinIndices(
  values: readonly (readonly (number | null)[])[],
  length: number,
  maxPoints: number,
): readonly number[] {
  const stretches = Math.max(1, Math.floor(maxPoints / (2 * Math.max(1, values.length))));
  if (length <= stretches * 2) return Array.from({ length }, (_, i) => i);
  const kept = new Set<number>([0, length - 1]);
  for (let stretch = 0; stretch < stretches; stretch++) {
    const start = Math.floor((stretch * length) / stretches);
    const end = Math.floor(((stretch + 1) * length) / stretches);
    for (const curve of values) {
      let low = start;
      let high = start;
      for (let i = start; i < end; i++) {
        const value = curve[i] ?? null;
        if (value === null) continue;
        if (value < (curve[low] ?? Infinity)) low = i;
        if (value > (curve[high] ?? -Infinity)) high = i;
      }
      kept.add(low).add(high);
    }
  }
  return [...kept].sort((left, right) => left - right);
}
