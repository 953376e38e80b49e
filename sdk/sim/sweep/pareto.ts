import { requireFinite } from "../../math/require.ts";

/** Something with two figures of which less is better. */
export interface CostAndRisk {
  readonly cost: number;
  readonly risk: number;
}

/**
 * Which of the points no other beats: none costs as little or less at as little or less risk and is better in one of the two. Equal
 * points stand or fall together.
 *
 * Throws InvalidParameterError on a figure that is not finite.
 *
 * @example
 * findParetoFront([{ cost: 1, risk: 3 }, { cost: 2, risk: 2 }, { cost: 3, risk: 2 }]); // [true, true, false]
 */
export function findParetoFront(points: readonly CostAndRisk[]): readonly boolean[] {
  points.forEach(({ cost, risk }, i) => {
    requireFinite(`points[${i}].cost`, cost);
    requireFinite(`points[${i}].risk`, risk);
  });
  const order = points
    .map((_, i) => i)
    .sort((a, b) => points[a]!.cost - points[b]!.cost || points[a]!.risk - points[b]!.risk);
  const isEfficient = new Array<boolean>(points.length).fill(false);
  let leader: CostAndRisk | undefined;
  for (const i of order) {
    const point = points[i]!;
    const isLeaderAgain = leader !== undefined && point.cost === leader.cost && point.risk === leader.risk;
    if (leader !== undefined && point.risk >= leader.risk && !isLeaderAgain) continue;
    isEfficient[i] = true;
    leader = point;
  }
  return isEfficient;
}
