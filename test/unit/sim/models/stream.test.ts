import { expect } from "chai";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { computeCovariance, computeMean, computeVariance } from "../../../../sdk/math/statistics.ts";
import { createRandomStream } from "../../../../sdk/sim/models/stream.ts";
import { expectClose } from "../../../support/close.ts";

const draw = (seed: number, path: number, count: number): Float64Array => {
  const target = new Float64Array(count);
  createRandomStream(seed, path, "diffusion").fillNormals(target);
  return target;
};

describe("createRandomStream", () => {
  it("gives the numbers that were published with this version, on any machine", () => {
    const stream = createRandomStream(1, 0, "diffusion");
    expect([stream.uniform(), stream.uniform()]).to.deep.equal(PUBLISHED);
  });

  it("starts every seed, path and purpose somewhere else", () => {
    const starts = new Set<number>();
    for (const seed of [0, 1, 2, 2 ** 32 - 1]) {
      for (let path = 0; path < 500; path++) {
        for (const purpose of ["diffusion", "jumps", "funding", "premium"] as const) {
          starts.add(createRandomStream(seed, path, purpose).uniform());
        }
      }
    }
    expect(starts.size).to.equal(4 * 500 * 4);
  });

  it("draws standard normals, also for an odd number of them", () => {
    const values = draw(3, 9, 40_001);
    expectClose(computeMean(values), 0, 0.02);
    expectClose(computeVariance(values), 1, 0.03);
    expectClose(computeMean(values.map((value) => value ** 3)), 0, 0.06);
    expectClose(computeMean(values.map((value) => value ** 4)), 3, 0.15);
    expect(values.every((value) => value !== 0)).to.equal(true);
  });

  it("does not correlate neighbouring paths or seeds", () => {
    const [one, nextPath, nextSeed] = [draw(1, 0, 20_000), draw(1, 1, 20_000), draw(2, 0, 20_000)];
    expectClose(computeCovariance(one, nextPath), 0, 0.03);
    expectClose(computeCovariance(one, nextSeed), 0, 0.03);
    // First draws over many paths: what a month's first step would see.
    const first = Array.from({ length: 5_000 }, (_, path) => draw(1, path, 2)[0] ?? Number.NaN);
    expectClose(computeMean(first), 0, 0.05);
    expectClose(computeCovariance(first.slice(1), first.slice(0, -1)), 0, 0.05);
  });

  it("refuses seeds and paths that are not 32-bit numbers", () => {
    for (const wrong of [-1, 0.5, 2 ** 32, Number.NaN]) {
      expect(() => createRandomStream(wrong, 0, "jumps")).to.throw(InvalidParameterError);
      expect(() => createRandomStream(0, wrong, "jumps")).to.throw(InvalidParameterError);
    }
  });
});

/** Regenerate only together with a note to users: their seeds mean other paths afterwards. */
const PUBLISHED = [0.7064549656860084, 0.5063239684259431];
