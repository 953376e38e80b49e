import { expect } from "chai";

import { describeStrip } from "../../../cli/commands/strip.ts";
import type { StripInputs, StripReport } from "../../../cli/commands/strip.ts";
import { computeLiquidityForValue, computeLpValueQuote } from "../../../sdk/math/lp.ts";
import { expectClose } from "../../support/close.ts";
import { EXIT, run } from "./host.ts";

/** The design's test vector. */
const WEIGHTS = [0.9283643000529356, 1.6041216053108367, 1.3109660772687783, 1.0975213216905395, 0.49163297135399625];
const INPUTS: StripInputs = {
  pa: 1500,
  pb: 2500,
  price: 2000,
  value: 10_000,
  strikes: [1500, 1750, 2000, 2250, 2500],
  count: 9,
  sigma: 0.7,
  days: 30,
  rate: 0,
  share: 1,
};
const ARGS = ["strip", "--pa", "1500", "--pb", "2500", "--price", "2000", "--value", "10000", "--sigma", "0.7"];

describe("describeStrip", () => {
  it("finds the weights and the residual of the vector", () => {
    const report = describeStrip(INPUTS);
    expect(report.weights).to.have.length(5);
    report.weights.forEach((weight, i) => expectClose(weight, WEIGHTS[i]!, 1e-9, String(i)));
    expect(report.types).to.deep.equal(["put", "put", "call", "call", "call"]);
    expectClose(report.maxResidual, 55.7872, 1e-3);
  });

  it("leaves the constant at every strike, whatever the price, once the forward is sold", () => {
    const { strikes, weights, types, forward, constant } = describeStrip(INPUTS);
    const range = { priceLower: 1500, priceUpper: 2500 };
    const position = { liquidity: computeLiquidityForValue(10_000, 2000, range), ...range };
    for (const price of [900, 1500, 1750, 2000, 2250, 2500, 4000]) {
      const options = strikes.reduce((sum, strike, i) => {
        const payoff = Math.max(0, types[i] === "put" ? strike - price : price - strike);
        return sum + weights[i]! * payoff;
      }, 0);
      const total = computeLpValueQuote(position, price) + options - forward * (price - 2000);
      expectClose(total, constant, 1e-7, String(price));
    }
  });

  it("adds the premiums of the legs up, and scales all of it with the share", () => {
    const whole = describeStrip(INPUTS);
    expectClose(
      whole.premium,
      whole.premiums.reduce((sum, leg) => sum + leg, 0),
      1e-9,
    );
    expect(whole.premium).to.be.within(300, 500);
    const half = describeStrip({ ...INPUTS, share: 0.5 });
    expectClose(half.premium, whole.premium / 2, 1e-9);
    expectClose(half.forward, whole.forward / 2, 1e-12);
  });

  it("spreads strikes from edge to edge when none are listed; the more, the smaller the residual", () => {
    const { strikes: listed, ...unlisted } = INPUTS;
    expect(listed).to.have.length(5);
    const few = describeStrip({ ...unlisted, count: 5 });
    const many = describeStrip({ ...unlisted, count: 50 });
    expect([few.strikes[0], few.strikes[4]]).to.deep.equal([1500, 2500]);
    expect(many.maxResidual).to.be.lessThan(few.maxResidual / 50);
    expectClose(many.forward, many.delta, many.delta * 0.02);
  });
});

describe("hedgerow strip", () => {
  it("prints JSON with strikes, weights, types, premium and residual", async () => {
    const { code, stdout } = await run([...ARGS, "--strikes", "1500,1750,2000,2250,2500", "--days", "30", "--json"]);
    expect(code).to.equal(EXIT.done);
    expect(JSON.parse(stdout) as StripReport).to.deep.equal(describeStrip(INPUTS));
  });

  it("warns in words where the strikes end inside the range", async () => {
    const short = await run([...ARGS, "--strikes", "1600,2200", "--days", "30"]);
    expect(short.stdout).to.contain("List strikes at both edges");
    const whole = await run([...ARGS, "--strikes", "1500,2500", "--days", "30"]); // control
    expect(whole.stdout).to.contain("sell forward").and.not.to.contain("List strikes");
  });

  it("refuses in one sentence what it cannot use", async () => {
    const days = ["--days", "30"];
    for (const [args, sentence] of [
      [[...ARGS], "--days is missing"],
      [[...ARGS, ...days, "--strikes", "2000"], "at least two rising prices"],
      [[...ARGS, ...days, "--strikes", "2000,1500"], "at least two rising prices"],
      [[...ARGS, ...days, "--strikes", "1500,,2000"], "at least two rising prices"],
      [[...ARGS, ...days, "--strikes", "1500,NaN"], "at least two rising prices"],
      [[...ARGS, ...days, "--strikes", "2100,2500"], "entryPrice is 2000"],
      [[...ARGS, ...days, "--sigma", "-1"], "greater than 0"],
      [[...ARGS, ...days, "--share", "2"], "from 0.01 to 1"],
      [[...ARGS, ...days, "--pb", "inf"], "strikes is undefined; it must be given"],
      [[...ARGS, ...days, "--pb", "1000"], "1000"],
    ] as const) {
      const { code, stderr, stdout } = await run(args);
      expect(code, sentence).to.equal(EXIT.failed);
      expect(stderr).to.contain(sentence);
      expect(stdout).to.equal("");
    }
  });
});
