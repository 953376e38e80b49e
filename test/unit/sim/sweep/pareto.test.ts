import { expect } from "chai";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { createRandomSource } from "../../../../sdk/sim/random.ts";
import { findParetoFront } from "../../../../sdk/sim/sweep/pareto.ts";
import type { CostAndRisk } from "../../../../sdk/sim/sweep/pareto.ts";

/** By definition: nobody else is as good in both and better in one. */
const isUnbeaten = (point: CostAndRisk, points: readonly CostAndRisk[]): boolean =>
  !points.some(
    ({ cost, risk }) => cost <= point.cost && risk <= point.risk && (cost < point.cost || risk < point.risk),
  );

describe("findParetoFront", () => {
  it("keeps what nothing beats, in the order it came", () => {
    const points = [
      { cost: 3, risk: 2 },
      { cost: 1, risk: 3 },
      { cost: 2, risk: 2 },
      { cost: 2, risk: 2.5 },
    ];
    expect(findParetoFront(points)).to.deep.equal([false, true, true, false]);
  });

  it("is empty for nothing, and keeps equal points together", () => {
    expect(findParetoFront([])).to.deep.equal([]);
    const twin = { cost: 1, risk: 1 };
    expect(findParetoFront([twin, { cost: 1, risk: 2 }, twin])).to.deep.equal([true, false, true]);
  });

  it("is what the definition says, for random points with ties (seed 7)", () => {
    const random = createRandomSource(7);
    for (let round = 0; round < 200; round++) {
      const points = Array.from({ length: 12 }, () => ({
        cost: Math.floor(random.uniform() * 6),
        risk: Math.floor(random.uniform() * 6),
      }));
      expect(findParetoFront(points)).to.deep.equal(points.map((point) => isUnbeaten(point, points)));
    }
  });

  it("refuses figures that are not finite", () => {
    for (const point of [
      { cost: Number.NaN, risk: 1 },
      { cost: 1, risk: Infinity },
    ]) {
      expect(() => findParetoFront([{ cost: 0, risk: 0 }, point])).to.throw(InvalidParameterError, "points[1]");
    }
  });
});
