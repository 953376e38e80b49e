import { expect } from "chai";

import { estimateVolatility } from "../../../../keeper/volatility.ts";
import { InvalidParameterError } from "../../../../sdk/errors.ts";
import { computeLvrQuotePerYear } from "../../../../sdk/math/lvr.ts";
import { bandFor } from "../../../../sdk/policy/band.ts";
import { createBandMemo } from "../../../../sdk/sim/backtest/bandMemo.ts";
import { openBook } from "../../../../sdk/sim/backtest/book.ts";
import type { BacktestModel } from "../../../../sdk/sim/backtest/model.ts";
import type { BacktestResult } from "../../../../sdk/sim/backtest/result.ts";
import { BacktestBooksError, computeResult } from "../../../../sdk/sim/backtest/result.ts";
import { createSituationView } from "../../../../sdk/sim/backtest/situation.ts";
import { expandBars } from "../../../../sdk/sim/backtest/steps.ts";
import { createVenue } from "../../../../sdk/sim/backtest/venue.ts";
import { createRunningVolatility } from "../../../../sdk/math/runningVolatility.ts";
import { createBacktest } from "../../../../sdk/sim/backtest/engine.ts";
import { addLiquidity } from "../../../../sdk/sim/backtest/book.ts";
import { expectClose } from "../../../support/close.ts";
import { AAVE, HOUR, MODEL, PERP, START, closeBars, diffusion, marketBars, runBars } from "./runs.ts";

const YEAR_HOURS = 8_760;
const PERP_MODEL: BacktestModel = { ...MODEL, venue: PERP };

describe("backtest in closed cases", () => {
  it("earns fees and carry alone while the price stands still", () => {
    const model: BacktestModel = { ...MODEL, fees: { kind: "apr", aprFraction: 0.3 }, latencySeconds: 0 };
    const hours = 240;
    const { record, result } = runBars(closeBars(new Array<number>(hours).fill(2_000)), model);
    const { attribution, actions } = result;
    expect(actions).to.include({ hedge: 0, recentre: 1, exit: 0, liquidations: 0 });
    expect(attribution.divergence).to.equal(0);
    expect(attribution.hedge).to.equal(0);
    const years = hours / YEAR_HOURS;
    const placed = record.book.liquidityQuote + record.book.liquidityBase * 2_000;
    expectClose(attribution.fees, 0.3 * placed * years, 1e-6 * placed);
    const carry = 0.03 * record.book.marginQuote * years - 0.025 * record.book.shortBase * 2_000 * years;
    expectClose(attribution.funding, carry, 0.5);
  });

  it("builds the position that planning builds: target health, the idle buffer, no delta", () => {
    for (const model of [MODEL, PERP_MODEL]) {
      const flat = closeBars(new Array<number>(30).fill(2_000));
      const { record } = runBars(flat, { ...model, fees: { kind: "apr", aprFraction: 0 }, latencySeconds: 0 });
      const { book } = record;
      expectClose(record.minHealth, model.settings.targetHealth, 0.01);
      expectClose(book.idleQuote / 100_000, model.settings.idleFraction, 1e-3);
      expectClose(record.series.deltaBase.at(-1), 0, 0.02);
    }
  });

  it("loses LVR to the market, and little else, when it hedges almost all the time", () => {
    const volatility = 0.6;
    let measured = 0;
    let expected = 0;
    for (const seed of [1, 2, 3, 4]) {
      const { minutes } = diffusion(seed, 360, volatility);
      const settings = { ...MODEL.settings, relativeRiskAversion: 1e6 };
      const venue = { ...PERP, feeFraction: 1e-6 };
      const gas = { ...MODEL.gas, priceGwei: 0 };
      const model: BacktestModel = {
        ...MODEL,
        settings,
        venue,
        gas,
        fees: { kind: "apr", aprFraction: 0 },
        latencySeconds: 0,
      };
      const { result, record } = runBars(minutes, model, { barSeconds: 60 });
      measured += result.attribution.divergence + result.attribution.hedge;
      // The position hardly changes its liquidity: LVR at the last price stands for the run.
      const { rootLower, rootUpper, liquidity, price } = record.book;
      const position = { liquidity, priceLower: rootLower ** 2, priceUpper: rootUpper ** 2 };
      expected -= computeLvrQuotePerYear(position, price, volatility) * (360 / YEAR_HOURS);
      expect(result.varianceRemoved).to.be.greaterThan(0.999);
    }
    expectClose(measured / expected, 1, 0.06);
  });

  it("pays and receives funding by the sign of the rate, at the time of the payment", () => {
    const timestamps = Float64Array.from([START + 8 * HOUR, START + 16 * HOUR]);
    const run = (rate: number): number => {
      const venue = { ...PERP, funding: { timestamps, rates: timestamps.map(() => rate) } };
      const fees = { kind: "apr", aprFraction: 0 } as const;
      return runBars(closeBars(new Array<number>(24).fill(2_000)), { ...MODEL, venue, fees }).result.attribution
        .funding;
    };
    expect(run(0)).to.equal(0);
    expect(run(0.0001)).to.be.greaterThan(0);
    expectClose(run(-0.0001), -run(0.0001), 1e-2);
    const { record } = runBars(closeBars(new Array<number>(24).fill(2_000)), PERP_MODEL);
    expectClose(run(0.0001), 2 * 0.0001 * record.book.shortBase * 2_000, 0.01);
  });

  it("goes through hourly bars much as through the minutes behind them, a few percent worse", () => {
    const model: BacktestModel = { ...PERP_MODEL, fees: { kind: "apr", aprFraction: 0 }, latencySeconds: 0 };
    let behind = 0;
    let taken = 0;
    for (const seed of [1, 2, 3, 4, 5]) {
      const { bars, minutes } = diffusion(seed, 720, 0.8);
      const { attribution: a } = runBars(minutes, model, { barSeconds: 60 }).result;
      const { attribution: b } = runBars(bars, model, { stepsPerBar: 12 }).result;
      behind += a.divergence + a.hedge;
      taken += b.divergence + b.hedge;
    }
    expectClose(taken / behind, 1.05, 0.1);
  });
});

describe("backtest books", () => {
  it("explain the change of NAV by their causes, at every venue and source of fees", () => {
    const bars = marketBars(11, 700);
    const traded = Float64Array.from({ length: 700 }, (_, i) => (i % 5 === 0 ? 0 : 1e6 * (1 + (i % 7))));
    const measured = { kind: "measured", volumeQuote: traded, activeLiquidity: traded.map(() => 12e6) } as const;
    for (const model of [
      MODEL,
      PERP_MODEL,
      { ...MODEL, fees: measured },
      { ...PERP_MODEL, fees: { kind: "apr", aprFraction: 0.4 }, idleRatePerYear: 0.04, latencySeconds: 900 } as const,
    ]) {
      const { result } = runBars(bars, model, { stepsPerBar: 2 });
      const { attribution: a } = result;
      const sum = a.fees + a.divergence + a.hedge + a.funding + a.idleInterest + a.swapCosts + a.gas + a.liquidation;
      expectClose(result.navEnd - result.navStart, sum, 1e-4);
      expectClose(a.unexplained, 0, 1e-4);
      expect(a.fees).to.be.greaterThan(0);
      expect(a.swapCosts).to.be.lessThan(0);
    }
  });

  it("removes most of the variance, and none without a hedge of its own in the comparison", () => {
    const { result } = runBars(marketBars(3, 720), MODEL, { stepsPerBar: 4 });
    expect(result.varianceRemoved).to.be.within(0.9, 0.9999);
    expect(result.risk.volatilityAnnual).to.be.lessThan(result.benchmarks.unhedged.volatilityAnnual / 3);
    expect(result.actions.hedge).to.be.greaterThan(3);
    expect(result.benchmarks.cash.return).to.equal(0);
  });

  it("holds half of the deposit in base as the price says", () => {
    const { result } = runBars(closeBars([2_000, 2_000, 2_100, 2_200]), MODEL);
    expectClose(result.benchmarks.hold.return, 0.05, 1e-12);
  });

  it("stop at a number that is none, by name", () => {
    const bars = closeBars([2_000, 2_010, 2_020]);
    const steps = expandBars({ bars, barSeconds: HOUR, startPrice: 2_000 }, 1);
    const backtest = createBacktest(steps, MODEL);
    backtest.runUntil(2);
    backtest.record.book.pnl.fees = Number.NaN;
    expect(() => computeResult(backtest.record, steps, MODEL)).to.throw(BacktestBooksError, "fees");
    backtest.record.book.feesQuote = Number.NaN;
    expect(() => backtest.runUntil(3)).to.throw(InvalidParameterError, "navQuote");
  });

  it("do not add up, and say so, when money came from nowhere", () => {
    const steps = expandBars({ bars: closeBars([2_000, 2_010, 2_020]), barSeconds: HOUR, startPrice: 2_000 }, 1);
    const backtest = createBacktest(steps, MODEL);
    backtest.runUntil(3);
    backtest.record.book.idleQuote += 1;
    expect(() => computeResult(backtest.record, steps, MODEL)).to.throw(BacktestBooksError, "unexplained");
  });

  it("refuse a model or bars that cannot be, naming the parameter", () => {
    const bars = closeBars([2_000, 2_001, 2_002]);
    for (const [change, parameter] of [
      [{ depositQuote: Number.NaN }, "depositQuote"],
      [{ depositQuote: 0 }, "depositQuote"],
      [{ latencySeconds: -1 }, "latencySeconds"],
      [{ pool: { ...MODEL.pool, width: 1 } }, "pool.width"],
      [{ settings: { ...MODEL.settings, targetHealth: 1.2 } }, "settings.targetHealth"],
      [
        { venue: { ...PERP, funding: { timestamps: new Float64Array(2), rates: new Float64Array(1) } } },
        "venue.funding",
      ],
      [{ fees: { kind: "apr", aprFraction: Number.NaN } as const }, "fees.aprFraction"],
    ] as const) {
      expect(() => runBars(bars, { ...MODEL, ...change })).to.throw(InvalidParameterError, parameter);
    }
    expect(() => runBars(closeBars([2_000, Number.NaN]))).to.throw(InvalidParameterError, "bars[1]");
    expect(() => runBars([])).to.throw(InvalidParameterError, "bars.length");
  });
});

describe("backtest decisions", () => {
  it("are the same for the same market, however the run is cut", () => {
    const bars = marketBars(21, 500);
    const once = runBars(bars, MODEL, { stepsPerBar: 2 });
    const again = runBars(bars, MODEL, { stepsPerBar: 2, chunk: 37 });
    expect(again.result).to.deep.equal(once.result);
    expect([...again.record.series.vault]).to.deep.equal([...once.record.series.vault]);
    expect(runBars(marketBars(22, 500), MODEL, { stepsPerBar: 2 }).result.navEnd).not.to.equal(once.result.navEnd);
  });

  it("know nothing of prices or funding that are yet to come", () => {
    const bars = marketBars(31, 300);
    const cut = 180;
    const crash = bars.map((bar, i) =>
      i < cut
        ? bar
        : { ...bar, open: bar.open * 0.8, high: bar.high * 0.8, low: bar.low * 0.8, close: bar.close * 0.8 },
    );
    const timestamps = Float64Array.from({ length: 36 }, (_, i) => START + (i + 1) * 8 * HOUR);
    const funding = (later: number) => ({
      timestamps,
      rates: timestamps.map((timestamp) => (timestamp <= START + cut * HOUR ? 0.0001 : later)),
    });
    for (const latencySeconds of [0, 600]) {
      const model = (later: number): BacktestModel => ({
        ...MODEL,
        latencySeconds,
        venue: { ...PERP, funding: funding(later) },
      });
      const before = runBars(bars, model(0.0001), { stepsPerBar: 2 }).record.series;
      const after = runBars(crash, model(-0.02), { stepsPerBar: 2 }).record.series;
      for (const name of ["vault", "unhedged", "liquidity", "deltaBase", "triggerBase"] as const) {
        expect([...after[name].subarray(0, cut + 1)], name).to.deep.equal([...before[name].subarray(0, cut + 1)]);
        expect(after[name].at(-1), name).not.to.equal(before[name].at(-1));
      }
    }
  });

  it("take the keeper's own estimate of volatility", () => {
    const settings = { priorAnnual: 0.7, halfLifeHours: 24, priorWeightHours: 24 };
    const prices = marketBars(41, 200).map((bar) => bar.close);
    const running = createRunningVolatility(prices[0]!, settings);
    for (const price of prices.slice(1)) running.observe(price, HOUR);
    const samples = prices.map((price, i) => ({ timestampSeconds: i * HOUR, price }));
    expectClose(running.annual, estimateVolatility(samples, settings), 1e-12);
  });

  it("come later with latency, and cost more for it", () => {
    const bars = marketBars(51, 720);
    const loss = (latencySeconds: number): number => {
      const { attribution } = runBars(bars, { ...PERP_MODEL, latencySeconds }, { stepsPerBar: 4 }).result;
      return attribution.divergence + attribution.hedge;
    };
    expect(loss(4 * HOUR)).not.to.equal(loss(0));
    const { record } = runBars(bars, { ...PERP_MODEL, latencySeconds: 100 * 24 * HOUR }, { stepsPerBar: 4 });
    expect(record.actions).to.include({ recentre: 0, hedge: 0 });
  });

  it("take a band from memory that is within 2 % of the policy's own", () => {
    const venue = createVenue(MODEL);
    const view = createSituationView(MODEL, venue);
    const memo = createBandMemo(MODEL.settings);
    const book = openBook(2_000, 100_000);
    addLiquidity(book, Math.sqrt(2_000 / 1.5), Math.sqrt(2_000 * 1.5), 1_500);
    let asked = 0;
    for (let price = 1_500; price < 2_600; price *= 1.0007, asked++) {
      book.price = price;
      const root = Math.sqrt(price);
      book.liquidityBase = 1_500 * (1 / root - 1 / book.rootUpper);
      book.liquidityQuote = 1_500 * (root - book.rootLower);
      view.update(book, START);
      const market = { volatilityAnnual: 0.7, hedgeGasQuote: 0.0014 * price };
      const band = memo.bandOf(view.situation, market);
      const exact = bandFor(view.situation, market, MODEL.settings);
      expectClose(band.triggerBase / exact.triggerBase, 1, 0.02);
      expectClose(band.targetBase / exact.targetBase, 1, 0.04);
    }
    expect(memo.computed).to.be.lessThan(asked / 5);
  });
});

describe("the fee gate in a backtest", () => {
  const gated = { ...MODEL.settings, feeGate: { ...MODEL.settings.feeGate, enabled: true } };
  const { bars } = diffusion(4, 24 * 20, 0.4);

  for (const venue of [AAVE, PERP]) {
    it(`stays in the pool while fees pay for the hedge, and leaves it when they do not: ${venue.kind}`, () => {
      const run = (aprFraction: number, settings: BacktestModel["settings"]): BacktestResult["actions"] =>
        runBars(bars, { ...MODEL, venue, settings, fees: { kind: "apr", aprFraction } }).result.actions;
      expect(run(0.6, gated).exit, "rich").to.equal(0);
      expect(run(0.02, gated).exit, "poor").to.equal(1);
      expect(run(0.02, MODEL.settings).exit, "poor, without the gate").to.equal(0); // control
    });
  }
});
