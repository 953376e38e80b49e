import { computeLiquidityForValue, computeLpAmounts } from "../../../sdk/math/lp.ts";
import type { DemoWorld, MarketStep, Observation, TickReport } from "../../../cli/demo/types.ts";

const RANGE = { priceLower: 2000 / 1.5, priceUpper: 2000 * 1.5 };
const POOL_FEE = 0.0005;
const GAS_USED = 500_000;
const GAS_QUOTE = 2;

/** Faults to play. */
export interface MemoryFaults {
  /** Ticks, counted from 0, whose transaction reverts on chain. */
  readonly reverts?: readonly number[];
  /** Ticks that come to nothing. */
  readonly fails?: readonly number[];
}

/**
 * A vault in a few numbers: one range, a short, and a keeper that trades back to zero outside of a band. No chain, but the
 * same sums: what it earns, pays and loses is known exactly.
 */
export function createMemoryWorld(
  start: MarketStep,
  faults: MemoryFaults = {},
): DemoWorld & { readonly paidForSwaps: number } {
  let { timestamp, price } = start;
  let idleQuote = 1_000_000;
  let liquidity = 0;
  let fees = 0;
  let margin = 0;
  let debt = 0;
  let tickCount = 0;
  let paidForSwaps = 0;
  const held = () => computeLpAmounts({ liquidity, ...RANGE }, price);
  const delta = (): number => held().baseAmount - debt;

  const sent = (decision: string, triggerBase: number): TickReport => ({
    kind: "sent",
    decision,
    text: `${decision} done`,
    band: { triggerBase, targetBase: 0 },
    gasUsed: GAS_USED,
    gasQuote: GAS_QUOTE,
  });
  const act = (): TickReport => {
    if (liquidity === 0) {
      liquidity = computeLiquidityForValue(570_000, price, RANGE);
      const { baseAmount, quoteAmount } = held();
      debt = baseAmount; // borrowed, not bought: opening costs nothing
      idleQuote -= quoteAmount + 400_000;
      margin = 400_000;
      return sent("recentre", 0);
    }
    const triggerBase = 5;
    const drift = delta();
    if (Math.abs(drift) <= triggerBase) {
      return { ...sent("hold", triggerBase), kind: "held", gasUsed: 0, gasQuote: 0 };
    }
    const cost = Math.abs(drift) * price * POOL_FEE;
    debt += drift;
    idleQuote += drift * price - cost;
    paidForSwaps += cost;
    return sent("hedge", triggerBase);
  };

  return {
    units: { base: "WETH", quote: "USDC" },
    poolValueQuote: 60e6,
    get paidForSwaps() {
      return paidForSwaps;
    },
    step: (step) => {
      const hours = (step.timestamp - timestamp) / 3_600;
      ({ timestamp, price } = step);
      if (liquidity > 0) fees += step.volumeQuote * POOL_FEE * 0.01;
      margin *= 1 + 4e-6 * hours;
      debt *= 1 + 3e-6 * hours;
      return Promise.resolve();
    },
    observe: (phase, gasQuote): Promise<Observation> => {
      const { baseAmount, quoteAmount } = held();
      return Promise.resolve({
        mark: {
          phase,
          timestamp,
          price,
          idleBase: 0,
          idleQuote,
          liquidityBase: baseAmount,
          liquidityQuote: quoteAmount,
          feesBase: 0,
          feesQuote: fees,
          marginQuote: margin,
          debtBase: debt,
          shares: 1_000_000,
          gasQuote,
        },
        deltaBase: delta(),
        oraclePrice: price,
        health: debt === 0 ? null : (margin * 0.8) / (debt * price),
        shorts: debt === 0 ? [] : [{ venue: "memory", base: debt }],
        range: liquidity === 0 ? null : RANGE,
        navDifferenceQuote: 0,
      });
    },
    answer: () => Promise.resolve(undefined),
    tick: (): Promise<TickReport> => {
      const index = tickCount++;
      if (faults.fails?.includes(index) === true) {
        const nothing = { decision: undefined, band: undefined, gasUsed: 0, gasQuote: 0 };
        return Promise.resolve({ kind: "failed", text: "the node does not answer", ...nothing });
      }
      if (faults.reverts?.includes(index) === true) {
        return Promise.resolve({ ...sent("hedge", 5), kind: "reverted", text: "would have reverted" });
      }
      return Promise.resolve(act());
    },
  };
}
