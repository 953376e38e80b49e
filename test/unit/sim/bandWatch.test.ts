import { expect } from "chai";

import { InvalidParameterError } from "../../../sdk/errors.ts";
import { createBandWatch } from "../../../sdk/sim/bandWatch.ts";

function watch(...ticks: readonly (readonly [before: number, after: number])[]): number {
  const band = createBandWatch();
  for (const [deltaBefore, deltaAfter] of ticks) band.record({ deltaBefore, deltaAfter, trigger: 2 });
  return band.maxTicksOutsideBand;
}

describe("createBandWatch", () => {
  it("counts nothing inside the band, its edge included", () => {
    expect(watch([1, 1], [-2, -2], [2, 0])).to.equal(0);
  });

  it("counts 1 for a tick that finds the delta outside and brings it back", () => {
    expect(watch([3, 1])).to.equal(1);
    expect(watch([3, 1], [3, -1], [-3, 0])).to.equal(1);
  });

  it("counts on while the delta stays outside, on either side", () => {
    expect(watch([3, 3], [3, 3], [3, 1])).to.equal(3);
    expect(watch([3, 3], [-3, -3])).to.equal(2);
  });

  it("keeps the longest run", () => {
    expect(watch([3, 3], [3, 0], [0, 0], [3, 0])).to.equal(2);
  });

  it("ends a run when the market itself brings the delta back", () => {
    expect(watch([3, 3], [1, 1], [3, 3])).to.equal(1);
  });

  it("counts a tick that pushed the delta out, and the one that finds it there", () => {
    expect(watch([0, 3], [3, 0])).to.equal(2);
  });

  it("tells the run that is going on", () => {
    const band = createBandWatch();
    band.record({ deltaBefore: 3, deltaAfter: 3, trigger: 2 });
    expect(band.ticksOutsideBand).to.equal(1);
    band.record({ deltaBefore: 3, deltaAfter: 0, trigger: 2 });
    expect(band.ticksOutsideBand).to.equal(0);
  });

  it("judges every tick by its own trigger and refuses what is no number", () => {
    const band = createBandWatch();
    band.record({ deltaBefore: 3, deltaAfter: 3, trigger: 4 });
    expect(band.maxTicksOutsideBand).to.equal(0);
    expect(() => band.record({ deltaBefore: Number.NaN, deltaAfter: 0, trigger: 1 })).to.throw(InvalidParameterError);
    expect(() => band.record({ deltaBefore: 0, deltaAfter: 0, trigger: -1 })).to.throw(InvalidParameterError);
  });
});
