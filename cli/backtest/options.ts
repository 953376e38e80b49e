/** What the user asks a backtest for, as commander hands it over. */
export interface BacktestOptions {
  readonly prices?: string;
  readonly funding?: string;
  readonly events?: string;
  /** Unix seconds. */
  readonly from?: number;
  readonly to?: number;
  readonly deposit: number;
  readonly width: number | "auto";
  readonly feeGate: boolean;
  readonly venue: "perp" | "aave";
  /** Basis points. */
  readonly feeTier: number;
  readonly feeApr?: number;
  readonly dailyTurnover?: number;
  readonly poolValue?: number;
  readonly baseToken: "token0" | "token1";
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
  readonly gasPriceGwei: number;
  readonly latency: number;
  readonly perpFee: number;
  readonly maintenance: number;
  readonly fundingRate?: number;
  readonly borrowRate: number;
  readonly supplyRate: number;
  readonly liquidationThreshold: number;
  readonly targetHealth: number;
  readonly minHealth: number;
  readonly riskAversion: number;
  readonly recentreAt: number;
  readonly idleRate: number;
  readonly volatility: number;
  readonly reopenAfter?: number;
  readonly stepsPerBar: number;
  /** Hours, or true for the default. */
  readonly repair?: number | true;
  /** A file, "-" or true for stdout. */
  readonly json?: string | true;
  readonly series?: true;
  readonly report?: string;
  readonly csv?: string;
}

/**
 * The mainnet USDC/WETH 5 bp pool on 2024-01-05 turned over 247 million on liquidity worth some 200 million as a range of ×/÷1.5:
 * see docs/backtest.md.
 */
export const DEFAULT_POOL_VALUE_QUOTE = 200e6;
export const DEFAULT_DAILY_TURNOVER = 1.2;
/**
 * Steps of a quiet bar: with hourly bars, five minutes. On simulated markets whose minutes are known, the way inside the bars then costs
 * 4 to 5 % more divergence than the true one, see docs/backtest.md.
 */
export const DEFAULT_STEPS_PER_BAR = 12;
