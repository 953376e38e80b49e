import { expect } from "chai";

import { computeOptionValueQuote } from "../../../../sdk/math/blackScholes.ts";
import { computeLiquidityForValue, computeLpAmounts, computeLpValueQuote } from "../../../../sdk/math/lp.ts";
import { createPathGenerator } from "../../../../sdk/sim/models/generator.ts";
import { EXPERIMENT_MODELS } from "../../../../sdk/sim/models/priceModel.ts";
import { DEFAULT_OPTION_MARKET } from "../../../../sdk/sim/monteCarlo/book.ts";
import { METRIC, METRIC_COUNT } from "../../../../sdk/sim/monteCarlo/hedgeRun.ts";
import { MONTH_GRID, createKernel } from "../../../../sdk/sim/monteCarlo/kernel.ts";
import type { SimulationSpec } from "../../../../sdk/sim/monteCarlo/kernel.ts";
import type { HedgedStrategy, Strategy } from "../../../../sdk/sim/monteCarlo/strategies.ts";
import { createOptionStrip } from "../../../../sdk/sim/monteCarlo/strip.ts";
import { TABLE_VENUE } from "../../../../sdk/sim/monteCarlo/venue.ts";
import { expectClose } from "../../../support/close.ts";

const hedge = (name: string, rebalance: HedgedStrategy["rebalance"], stripShare: number): HedgedStrategy => ({
  kind: "hedged",
  name,
  hedgeRatio: 1,
  stripShare,
  rebalance,
  lookEverySteps: 12,
});
const STRATEGIES: readonly Strategy[] = [
  { kind: "unhedged", name: "no hedge" },
  { kind: "hold", name: "plain holding" },
  hedge("once", { kind: "once" }, 0),
  hedge("strip", { kind: "once" }, 1),
  hedge("hourly", { kind: "always" }, 0.5),
];
const SPEC: SimulationSpec = {
  source: { kind: "model", model: EXPERIMENT_MODELS.merton },
  seed: 21,
  grid: MONTH_GRID,
  positionQuote: 100_000,
  startPrice: 2_000,
  referenceVolatility: 0.7,
  venue: TABLE_VENUE,
  options: DEFAULT_OPTION_MARKET,
  widths: [1.27],
  strategies: STRATEGIES,
};
const RANGE = { priceLower: 2_000 / 1.27, priceUpper: 2_540 };
const POSITION = { liquidity: computeLiquidityForValue(100_000, 2_000, RANGE), ...RANGE };
const PATHS = 12;

describe("createKernel", () => {
  const kernel = createKernel(SPEC);
  const values = new Float64Array(PATHS * kernel.valuesPerPath);
  kernel.run(0, PATHS, values);
  const read = (path: number, strategy: number, metric: number): number =>
    values[path * kernel.valuesPerPath + strategy * METRIC_COUNT + metric]!;

  const generator = createPathGenerator(EXPERIMENT_MODELS.merton, MONTH_GRID.steps, MONTH_GRID.stepYears);
  const pathPrices = (path: number): number[] => {
    generator.generate(SPEC.seed, path);
    return Array.from(generator.logReturns, (log) => 2_000 * Math.exp(log));
  };

  it("adds up, by plain formulas, what every strategy made of every path", () => {
    const strip = createOptionStrip(POSITION, 2_000, 50);
    const legs = [
      ...strip.puts.strikes.map((strike, i) => ({ strike, amount: strip.puts.amounts[i]!, kind: "put" as const })),
      ...strip.calls.strikes.map((strike, i) => ({ strike, amount: strip.calls.amounts[i]!, kind: "call" as const })),
    ];
    const value = (price: number, years: number, volatility: number): number =>
      legs.reduce((sum, { amount, ...option }) => {
        const market = { price, years, volatility, ratePerYear: 0, yieldPerYear: 0 };
        return sum + amount * computeOptionValueQuote(option, market);
      }, 0);
    const contracts = legs.reduce((sum, { amount }) => sum + amount, 0);
    const premium = value(2_000, 30 / 365, 0.735) + 3e-4 * 2_000 * contracts;
    const { baseAmount } = computeLpAmounts(POSITION, 2_000);

    for (let path = 0; path < PATHS; path++) {
      const prices = pathPrices(path);
      const end = prices.at(-1)!;
      const roots = prices
        .slice(0, -1)
        .filter((price) => price >= RANGE.priceLower && price <= RANGE.priceUpper)
        .reduce((sum, price) => sum + Math.sqrt(price), 0);
      const fees = (0.7 ** 2 / 4) * POSITION.liquidity * roots * MONTH_GRID.stepYears;
      const liquidity = computeLpValueQuote(POSITION, end) - 100_000 + fees;
      expectClose(read(path, 0, METRIC.pnl), liquidity, 1e-4);
      expectClose(read(path, 1, METRIC.pnl), baseAmount * (end - 2_000), 1e-6);
      const once = -baseAmount * (end - 2_000) - (5e-4 * baseAmount * 2_000 + 0.05);
      expectClose(read(path, 2, METRIC.pnl), liquidity + once, 1e-4);

      // The strip's own delta, about -8 base at the start, is hedged with the same order.
      const short = baseAmount - (read(path, 3, METRIC.deltaCost) - 0.05) / (5e-4 * 2_000);
      const withStrip = liquidity + value(end, 0, 0) - premium - (baseAmount - short) * (end - 2_000);
      expectClose(read(path, 3, METRIC.pnl), withStrip - read(path, 3, METRIC.deltaCost), 1e-3);
      expectClose(read(path, 3, METRIC.premium), premium, 1e-6);
      expectClose(read(path, 4, METRIC.premium), premium / 2, 1e-6);
    }
  });

  it("replays the hourly hedge of a path, order by order", () => {
    const costs = { ...SPEC, strategies: [STRATEGIES[0]!, hedge("hourly", { kind: "always" }, 0)] };
    const own = createKernel(costs);
    const out = new Float64Array(own.valuesPerPath);
    for (const path of [0, 5, 9]) {
      own.run(path, 1, out);
      const prices = pathPrices(path);
      let short = 0;
      let cash = 0;
      let cost = 0;
      for (let i = 0; i < MONTH_GRID.steps; i += 12) {
        const wanted = computeLpAmounts(POSITION, prices[i]!).baseAmount;
        if (wanted === short) continue;
        const paid = 5e-4 * Math.abs(wanted - short) * prices[i]! + 0.05;
        cash += (wanted - short) * prices[i]! - paid;
        cost += paid;
        short = wanted;
      }
      const gain = cash - short * prices.at(-1)!;
      expectClose(out[METRIC_COUNT + METRIC.deltaCost], cost, 0.01 * cost);
      expectClose(out[METRIC_COUNT + METRIC.pnl]! - out[METRIC.pnl]!, gain, 1);
    }
  });

  it("earns fees by the square of the volatility they follow", () => {
    const flat: SimulationSpec = { ...SPEC, strategies: [STRATEGIES[0]!] };
    const [whole, half] = [0.7, 0.35].map((referenceVolatility) => {
      const own = createKernel({ ...flat, referenceVolatility });
      const out = new Float64Array(own.valuesPerPath);
      own.run(3, 1, out);
      return out[METRIC.pnl]! - (computeLpValueQuote(POSITION, pathPrices(3).at(-1)!) - 100_000);
    });
    expectClose(whole! / half!, 4, 1e-6);
    expect(half).to.be.above(0);
  });
});
