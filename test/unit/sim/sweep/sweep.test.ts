import { expect } from "chai";

import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { simulateHedges } from "../../../../sdk/sim/monteCarlo/simulate.ts";
import { gatherSweep, planSweep, runSweepJob } from "../../../../sdk/sim/sweep/sweep.ts";
import type { SweepJob, SweepRow } from "../../../../sdk/sim/sweep/sweep.ts";
import { BASE, GRID } from "./small.ts";

const PATHS = 60;

async function runAll(jobs: readonly SweepJob[]): Promise<readonly SweepRow[]> {
  return gatherSweep(jobs, await Promise.all(jobs.map((job) => runSweepJob(job))));
}

describe("a sweep", () => {
  it("tries every combination once, each after the unhedged position", async () => {
    const jobs = planSweep(BASE, GRID, PATHS);
    const rows = await runAll(jobs);
    expect(rows).to.have.length(8);
    const keys = rows.map(({ width, stripShare, riskAversion, hedgeRatio }) =>
      [width, stripShare, riskAversion, hedgeRatio].join(),
    );
    expect(new Set(keys).size).to.equal(8);
    for (const { spec } of jobs) expect(spec.strategies[0]?.kind).to.equal("unhedged");
  });

  it("gives a strategy the same figures in whatever job it is", async () => {
    const many = {
      ...GRID,
      riskAversions: [1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2],
      hedgeRatios: [0.5, 1],
      stripShares: [0],
      widths: [1.27],
    };
    const jobs = planSweep(BASE, many, PATHS);
    expect(jobs.length, "jobs").to.equal(2);
    const last = (await runAll(jobs)).at(-1);
    const strategy = jobs[1]?.spec.strategies.at(-1);
    const unhedged = jobs[1]?.spec.strategies[0];
    if (strategy === undefined || unhedged === undefined) throw new Error("no strategy");
    const alone = await simulateHedges({ ...BASE, widths: [1.27], strategies: [unhedged, strategy] }, { paths: PATHS });
    expect(last).to.include({ meanPnl: alone[1]?.meanPnl, es95: alone[1]?.es95, deltaCostBp: alone[1]?.deltaCostBp });
  });

  it("finds that more aversion costs more and leaves less, and marks the front", async () => {
    const rows = await runAll(planSweep(BASE, { ...GRID, widths: [1.27], stripShares: [0], hedgeRatios: [1] }, PATHS));
    const [careless, careful] = rows;
    if (careless === undefined || careful === undefined) throw new Error("two rows were expected");
    expect(careful.deltaCostBp).to.be.greaterThan(careless.deltaCostBp);
    expect(careful.residualRisk).to.be.lessThan(careless.residualRisk);
    expect(rows.some(({ isEfficient }) => isEfficient)).to.equal(true);
    for (const row of rows) {
      const isBeaten = rows.some((other) => other.costBp < row.costBp && other.residualRisk < row.residualRisk);
      expect(row.isEfficient).to.equal(!isBeaten);
    }
  });

  it("survives JSON, which is how a queue carries it", async () => {
    const [job] = planSweep(BASE, { ...GRID, stripShares: [0], widths: [1.27] }, PATHS);
    if (job === undefined) throw new Error("no job");
    const copy = JSON.parse(JSON.stringify(job)) as SweepJob;
    expect(copy).to.deep.equal(job);
    expect(JSON.parse(JSON.stringify(await runSweepJob(copy)))).to.deep.equal(await runSweepJob(job));
  });

  it("names what is impossible", () => {
    for (const [grid, parameter] of [
      [{ ...GRID, widths: [] }, "widths.length"],
      [{ ...GRID, stripShares: [0, 0] }, "stripShares[1]"],
      [{ ...GRID, stripShares: [3] }, "stripShare"],
      [{ ...GRID, riskAversions: [0] }, "riskAversion"],
      [{ ...GRID, hedgeRatios: [Number.NaN] }, "hedgeRatio"],
    ] as const) {
      expect(() => planSweep(BASE, grid, PATHS), parameter).to.throw(InvalidParameterError, parameter);
    }
    const jobs = planSweep(BASE, GRID, PATHS);
    expect(() => gatherSweep(jobs, [])).to.throw(InvalidParameterError, "summaries[0].length");
  });
});
