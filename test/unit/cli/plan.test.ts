import { expect } from "chai";

import { describePlan } from "../../../cli/plan/describe.ts";
import type { PlanInputs, PlanReport } from "../../../cli/plan/describe.ts";
import { computeLvrFractionAtRangeCentre } from "../../../sdk/math/lvr.ts";
import { expectClose } from "../../support/close.ts";
import { EXIT, run } from "./host.ts";

const INPUTS: PlanInputs = {
  price: 2_000,
  value: 100_000,
  sigma: 0.6,
  feeTier: 5,
  volume: 60e6,
  poolValue: 30e6,
  poolWidth: 1.5,
  width: 1.5,
  widths: [1.27, 2],
  carry: 0.03,
  gas: 1,
  riskAversion: 100,
  marginFactor: 0.78,
  marginRate: 0.02,
};
const ARGS = ["plan", "--price", "2000", "--value", "100000", "--sigma", "0.6"];
const POOL = ["--volume", "60000000", "--pool-value", "30000000"];

describe("describePlan", () => {
  it("weighs fees against costs that add up", () => {
    const report = describePlan(INPUTS);
    const { costs } = report;
    expectClose(costs.lvr, computeLvrFractionAtRangeCentre(0.6, 1.5), 1e-12);
    const sum = costs.lvr + costs.rebalancing + costs.funding + costs.margin + costs.recentring;
    expectClose(report.breakEvenApr, sum, 1e-12);
    expectClose(report.netApr, report.feeApr - report.breakEvenApr, 1e-12);
    expectClose(costs.funding, 0.015, 1e-12); // half of the position is short, at 3 %
    expectClose(report.netAprOnValue * 100_000, report.netApr * report.position.value, 1e-9);
  });

  it("shares the pool's fees: 5 bp of the volume by the part of the liquidity that is ours", () => {
    const { feeApr, position } = describePlan(INPUTS);
    // Both are ranges of ×/÷ 1.5, so that values are shared as liquidity is.
    const share = position.value / (30e6 + position.value);
    expectClose(feeApr * position.value, 60e6 * 5e-4 * 365 * share, 1);
  });

  it("says yes where fees exceed break-even by enough, and no elsewhere", () => {
    expect(describePlan(INPUTS)).to.include({ verdict: "enter" });
    expect(describePlan({ ...INPUTS, volume: 20e6 })).to.include({ verdict: "wait" });
    expect(describePlan({ ...INPUTS, sigma: 1.5 })).to.include({ verdict: "wait" });
    const { volume, poolValue, ...rest } = INPUTS;
    expect([volume, poolValue]).to.deep.equal([60e6, 30e6]);
    const { breakEvenApr, enterAboveApr } = describePlan({ ...rest, feeApr: 0.1 });
    expect(enterAboveApr).to.be.greaterThan(breakEvenApr);
    expect(describePlan({ ...rest, feeApr: enterAboveApr + 1e-6 })).to.include({ verdict: "enter" });
    expect(describePlan({ ...rest, feeApr: enterAboveApr - 1e-6 })).to.include({ verdict: "wait" });
  });

  it("compares ranges, each with the figures it would have alone, and finds the best by itself", () => {
    const { widths } = describePlan(INPUTS);
    expect(widths.map(({ width }) => width)).to.deep.equal([1.27, 1.5, 2]);
    const alone = describePlan({ ...INPUTS, width: 2 });
    expect(widths[2]).to.include({ feeApr: alone.feeApr, breakEvenApr: alone.breakEvenApr });
    const found = describePlan({ ...INPUTS, width: "auto" });
    for (const width of [1.1, 1.27, 1.5, 2, 3]) {
      const other = describePlan({ ...INPUTS, width });
      expect(found.netApr, String(width)).to.be.greaterThan(other.netApr - 0.02);
    }
  });
});

describe("hedgerow plan", () => {
  it("prints JSON, or an answer in words with the figures behind it", async () => {
    const json = await run([...ARGS, ...POOL, "--width", "1.5", "--json"]);
    expect(json.code).to.equal(EXIT.done);
    expect((JSON.parse(json.stdout) as PlanReport).feeApr).to.equal(describePlan(INPUTS).feeApr);
    const words = await run([...ARGS, ...POOL]);
    expect(words.stdout).to.match(/^Yes: fees of [\d.]+ % a year are expected/);
    const no = await run([...ARGS, "--fee-apr", "0.01", "--width", "1.5"]);
    expect(no.stdout).to.match(/^No: /);
  });

  it("refuses in one sentence what it cannot use", async () => {
    for (const [args, sentence] of [
      [ARGS, "Give --volume and --pool-value, or --fee-apr"],
      [[...ARGS, "--volume", "1"], "Give --volume and --pool-value"],
      [[...ARGS, "--fee-apr", "0.3"], "name it with --width"],
      [["plan", ...POOL], "--price, --value, --sigma are missing"],
      [[...ARGS, ...POOL, "--width", "1"], "from 1.001 to 100"],
      [[...ARGS, ...POOL, "--widths", "2,2"], "not name a value twice"],
      [[...ARGS, ...POOL, "--sigma", "NaN"], "must be a number"],
    ] as const) {
      const { code, stderr, stdout } = await run(args);
      expect(code, sentence).to.equal(EXIT.failed);
      expect(stderr).to.contain(sentence);
      expect(stdout).to.equal("");
    }
  });
});
