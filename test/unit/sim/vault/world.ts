import type { PolicyParams } from "../../../../sdk/policy/types.ts";
import { AaveReserve } from "../../../../sdk/sim/vault/aaveReserve.ts";
import { createBackgroundPool } from "../../../../sdk/sim/vault/background.ts";
import { SimulatedOracle } from "../../../../sdk/sim/vault/feeds.ts";
import { SimulatedVolatility } from "../../../../sdk/sim/vault/realizedVolatility.ts";
import { SimulatedVault } from "../../../../sdk/sim/vault/vault.ts";

export const START = 1_767_225_600;
const RAY = 10n ** 27n;

/** Bounds that let a keeper work. */
const POLICY: PolicyParams = {
  maxDeltaBps: 500n,
  maxLossBpsPerDay: 100n,
  maxTurnoverBpsPerDay: 50_000n,
  maxSlippageBps: 100n,
  minRangeTicks: 200n,
  cooldownSeconds: 0n,
  exitDelaySeconds: 86_400n,
  keeperGraceSeconds: 3_600n,
  emergencyDeltaBps: 1_000n,
  healthFloorWad: 1_150_000_000_000_000_000n,
  healthPerVolatilityBps: 1_000n,
};

export const FEED_RULES = {
  base: { deviationBps: 50, heartbeatSeconds: 3_600 },
  quote: { deviationBps: 25, heartbeatSeconds: 86_400 },
};

/** A reserve at index 1 with fixed rates [ray a year]. */
export function createReserve(supplyRateRay: bigint, borrowRateRay: bigint): AaveReserve {
  return new AaveReserve({
    liquidityIndexRay: RAY,
    borrowIndexRay: RAY,
    supplyRateRay,
    borrowRateRay,
    updatedAt: START,
    scaledDebt: 10n ** 18n,
    available: 10n ** 24n,
  });
}

/** A vault on 60 million of background liquidity at 2,500, with nothing in it. */
export function createSimulatedVault(
  options: { readonly baseIsToken0?: boolean; readonly policy?: Partial<PolicyParams> } = {},
): SimulatedVault {
  const pair = { baseIsToken0: options.baseIsToken0 ?? false, baseDecimals: 18, quoteDecimals: 6 };
  const pool = createBackgroundPool(pair, {
    feePips: 500,
    tickSpacing: 10,
    priceQuotePerBase: 2_500,
    timestamp: START - 7_200,
    observationCardinality: 300,
    layers: [
      { rangeFactor: "full", valueQuote: 20e6 },
      { rangeFactor: 1.5, valueQuote: 40e6 },
    ],
  });
  const bounds = {
    baseHeartbeatSeconds: 3_900,
    quoteHeartbeatSeconds: 87_000,
    twapWindowSeconds: 300,
    maxSpotDeviationBps: 100,
    maxTwapDeviationBps: 200,
    maxDepegBps: 100,
    bandBps: 50,
  };
  const oracle = new SimulatedOracle(pair, bounds, {
    base: { answer: 2_500n * 10n ** 8n, updatedAt: START },
    quote: { answer: 10n ** 8n, updatedAt: START },
  });
  const volatility = new SimulatedVolatility({
    windowSeconds: 86_400,
    minWindowSeconds: 1_800,
    refreshSeconds: 3_600,
    intervals: 12,
  });
  const aave = {
    base: createReserve(10n ** 25n, 2n * 10n ** 25n),
    quote: createReserve(3n * 10n ** 25n, 5n * 10n ** 25n),
    liquidationThresholdBps: 7_800n,
    loanToValueBps: 7_500n,
  };
  return new SimulatedVault(
    {
      name: "simulated vault",
      symbol: "sim",
      base: { token: "base", decimals: 18, symbol: "WETH" },
      quote: { token: "quote", decimals: 6, symbol: "USDC" },
      policy: { ...POLICY, ...options.policy },
      depositCapQuote: 10n ** 14n,
      managementBps: 0n,
      performanceBps: 0n,
    },
    pair,
    { pool, oracle, aave, volatility },
    START,
  );
}
