import { getAmountsForLiquidityDown } from "../../../../sdk/exact/liquidityAmounts.ts";
import { toBaseQuote, type Orientation } from "../../../../sdk/exact/orientation.ts";
import { computeSqrtPriceX96Down, computeTickRange } from "../../../../sdk/exact/priceMath.ts";
import { getSqrtRatioAtTick, getTickAtSqrtRatio } from "../../../../sdk/exact/tickMath.ts";
import type { HedgeState, Market, Snapshot, VaultState } from "../../../../sdk/policy/types.ts";

/** Quote per base at which the hand-made position was entered. */
export const CENTRE = 2_500;
export const WIDTH = 1.5;
export const MARKET: Market = { volatilityAnnual: 0.7, hedgeGasQuote: 1 };
export const USDC = 10n ** 6n;
export const WETH = 10n ** 18n;

const ZERO_ADDRESS = `0x${"0".repeat(40)}`;
const MAX_UINT256 = (1n << 256n) - 1n;
const ORIENTATION: Orientation = { baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 };
const toWad = (x: number): bigint => BigInt(Math.round(x * 1e9)) * 10n ** 9n;

/** What a test says about a vault; the rest follows, as the vault itself would compute it. */
export interface Situation {
  /** Of the oracle. */
  readonly price?: number;
  /** Of the pool; default: the oracle's. */
  readonly spot?: number;
  /** 0 = no position at all. */
  readonly liquidity?: bigint;
  readonly shortBase?: bigint;
  readonly marginQuote?: bigint;
  readonly idleBase?: bigint;
  readonly idleQuote?: bigint;
  readonly flags?: bigint;
  readonly poolLiquidity?: bigint;
  readonly hedges?: "one" | "none";
  /** Of the one hedge. */
  readonly hedge?: Partial<HedgeState>;
  readonly pendingShares?: bigint;
  readonly changes?: Partial<Pick<VaultState, "windDown" | "degraded" | "lastActionAt" | "epoch">>;
  readonly lost?: boolean;
  readonly pending?: boolean;
  readonly cooldownSeconds?: bigint;
  readonly timestamp?: number;
}

/** About 720,000 in a range of 2,500 ×/÷ 1.5, the base in it borrowed at health 1.9: one million in all. */
export function snapshotOf(situation: Situation = {}): Snapshot {
  const price = situation.price ?? CENTRE;
  const priceWad = toWad(price);
  const liquidity = situation.liquidity ?? 35n * 10n ** 15n;
  const range = computeTickRange(toWad(CENTRE / WIDTH), toWad(CENTRE * WIDTH), ORIENTATION, 10);
  const held = toBaseQuote(
    getAmountsForLiquidityDown(
      computeSqrtPriceX96Down(priceWad, ORIENTATION),
      getSqrtRatioAtTick(range.tickLower),
      getSqrtRatioAtTick(range.tickUpper),
      liquidity,
    ),
    ORIENTATION,
  );
  const valueOf = (base: bigint): bigint => (base * priceWad) / 10n ** 30n;
  const shortBase = situation.shortBase ?? 128n * WETH;
  const marginQuote = situation.marginQuote ?? 780_000n * USDC;
  const idleBase = situation.idleBase ?? 0n;
  const idleQuote = situation.idleQuote ?? 20_000n * USDC;
  const equity = marginQuote - valueOf(shortBase);
  const nav = idleQuote + held.amountQuote + valueOf(idleBase + held.amountBase) + equity;
  const factorWad = 780_000_000_000_000_000n;
  const healthWad = shortBase === 0n ? MAX_UINT256 : (marginQuote * factorWad) / valueOf(shortBase);
  const sqrtPriceX96 = computeSqrtPriceX96Down(toWad(situation.spot ?? price), ORIENTATION);
  const flags = { pending: situation.pending ?? false, lost: situation.lost ?? false };
  return {
    chainId: 31_337n,
    blockNumber: 100,
    blockHash: `0x${"ab".repeat(32)}`,
    timestamp: situation.timestamp ?? 1_000_000,
    vault: {
      vault: "0x00000000000000000000000000000000000000A1",
      name: "hand-made",
      symbol: "hrHAND",
      shareDecimals: 12,
      totalSupply: 10n ** 18n,
      epoch: 7n,
      depositsPaused: false,
      keeperPaused: false,
      windDown: false,
      degraded: false,
      depositCapQuote: 10n ** 14n,
      base: { token: "0x00000000000000000000000000000000000000B1", decimals: 18, symbol: "WETH" },
      quote: { token: "0x00000000000000000000000000000000000000C1", decimals: 6, symbol: "USDC" },
      oracle: {
        address: "0x00000000000000000000000000000000000000D1",
        priceWad,
        flags: situation.flags ?? 0n,
        bandBps: 50n,
      },
      book: {
        navQuote: nav,
        navMinQuote: nav,
        navMaxQuote: nav,
        deltaBase: idleBase + held.amountBase - shortBase,
        healthWad,
        ...flags,
      },
      idleBase,
      idleQuote,
      pool: {
        address: "0x00000000000000000000000000000000000000E1",
        feePips: 500,
        tickSpacing: 10,
        sqrtPriceX96,
        tick: getTickAtSqrtRatio(sqrtPriceX96),
        liquidity: situation.poolLiquidity ?? 24n * 10n ** 17n,
        baseIsToken0: false,
      },
      ranges: liquidity === 0n ? [] : [{ ...range, liquidity }],
      liquidity: { base: held.amountBase, quote: held.amountQuote, feesBase: 0n, feesQuote: 0n },
      hedges:
        situation.hedges === "none"
          ? []
          : [
              {
                hedge: "0x00000000000000000000000000000000000000F1",
                venue: "aave-v3-short",
                marginFactorWad: factorWad,
                deltaBase: -shortBase,
                equityMinQuote: equity,
                equityMaxQuote: equity,
                healthWad,
                ...flags,
                pendingDeltaBase: 0n,
                waitingQuote: 0n,
                nativeWei: 0n,
                ...situation.hedge,
              },
            ],
      queue: {
        head: 1n,
        tail: 1n,
        headSettledShares: 0n,
        pendingShares: situation.pendingShares ?? 0n,
        reservedQuote: 0n,
      },
      policy: {
        address: "0x00000000000000000000000000000000000000F2",
        params: {
          maxDeltaBps: 500n,
          maxLossBpsPerDay: 100n,
          maxTurnoverBpsPerDay: 50_000n,
          maxSlippageBps: 50n,
          minRangeTicks: 200n,
          cooldownSeconds: situation.cooldownSeconds ?? 60n,
          exitDelaySeconds: 86_400n,
          keeperGraceSeconds: 3_600n,
          emergencyDeltaBps: 1_000n,
          healthFloorWad: 1_150_000_000_000_000_000n,
          healthPerVolatilityBps: 1_000n,
        },
      },
      bucketQuote: 0n,
      turnoverBucketQuote: 0n,
      healthFloorNowWad: 1_250_000_000_000_000_000n,
      volatilityBps: 10_000n,
      lastActionAt: 0n,
      fees: {
        recipient: ZERO_ADDRESS,
        managementBps: 0n,
        performanceBps: 0n,
        nextAt: 0n,
        nextManagementBps: 0n,
        nextPerformanceBps: 0n,
      },
      adapterChange: { current: ZERO_ADDRESS, next: ZERO_ADDRESS, readyAt: 0n },
      ...situation.changes,
    },
  };
}

/** A vault whose net delta is as given: the short makes up for what the range holds. */
export function snapshotWithDelta(deltaBase: bigint, situation: Situation = {}): Snapshot {
  const { vault } = snapshotOf({ ...situation, shortBase: 0n });
  return snapshotOf({ ...situation, shortBase: vault.idleBase + vault.liquidity.base - deltaBase });
}
