import { AbiCoder, ZeroAddress } from "ethers";

import type { ChainlinkOracleConfigStruct } from "../../types/contracts/oracles/ChainlinkOracle.ts";
import type { RealizedVolatilityConfigStruct } from "../../types/contracts/oracles/RealizedVolatility.ts";
import type { AdapterSpecStruct, VaultSpecStruct } from "../../types/contracts/VaultFactory.ts";
import type { PolicyParams } from "../policy/types.ts";

// What every road to a vault has in common: the imperative one of tests and demo (deployment.ts) and the resumable one of
// `hedgerow deploy` (scripts/modules).

/** A pool and a lending market to build a vault on. */
export interface Venues {
  readonly base: string;
  readonly quote: string;
  readonly pool: string;
  readonly token0: string;
  readonly token1: string;
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
  readonly aavePool: string;
  readonly quoteAToken: string;
  readonly baseDebtToken: string;
  readonly baseFeed: string;
  readonly quoteFeed: string;
}

/** Fees of a vault; rates in bps, at most 200 a year and 2,000 of gains. */
export interface VaultFees {
  readonly feeRecipient: string;
  readonly managementBps: number;
  readonly performanceBps: number;
}

/** What a vault is apart from its venues. */
export interface VaultOptions {
  readonly name: string;
  readonly symbol: string;
  /** NAV above which deposits are closed, in quote units. */
  readonly depositCapQuote: bigint;
  readonly policy?: Partial<PolicyParams>;
  readonly oracle?: Partial<ChainlinkOracleConfigStruct>;
  readonly volatility?: Partial<RealizedVolatilityConfigStruct>;
  /** False: no loan on Aave. Default true. */
  readonly aave?: boolean;
  /** Further hedges, behind the loan on Aave. */
  readonly hedges?: readonly AdapterSpecStruct[];
  readonly fees?: VaultFees;
}

/** Code of the adapters that a vault's clones are made of. */
export interface AdapterImplementations {
  readonly uniswapV3Implementation: string;
  readonly aaveV3Implementation: string;
}

const NO_FEES: VaultFees = { feeRecipient: ZeroAddress, managementBps: 0, performanceBps: 0 };

/** AdapterKind on-chain. */
export const AdapterKind = { liquidity: 1, hedge: 2 } as const;

/** Bounds for a volatile base against a dollar quote. */
export const defaultPolicyParams: PolicyParams = {
  maxDeltaBps: 500n,
  maxLossBpsPerDay: 100n,
  maxTurnoverBpsPerDay: 50_000n,
  maxSlippageBps: 100n,
  minRangeTicks: 200n,
  cooldownSeconds: 60n,
  exitDelaySeconds: 86_400n,
  keeperGraceSeconds: 3_600n,
  emergencyDeltaBps: 1_000n,
  healthFloorWad: 1_150_000_000_000_000_000n,
  healthPerVolatilityBps: 1_000n,
};

/** A day of the pool's memory in two-hour parts, or what there is of it down to half an hour. */
export const defaultVolatilitySettings = {
  windowSeconds: 86_400,
  minWindowSeconds: 1_800,
  refreshSeconds: 3_600,
  intervals: 12,
} as const;

/** How far the oracle lets pool, average and peg go; heartbeats as Chainlink publishes them for ETH/USD and USDC/USD. */
export const defaultOracleSettings = {
  baseHeartbeatSeconds: 3_600 + 300,
  quoteHeartbeatSeconds: 86_400 + 600,
  sequencerGraceSeconds: 3_600,
  twapWindowSeconds: 300,
  maxSpotDeviationBps: 100,
  maxTwapDeviationBps: 200,
  maxDepegBps: 100,
  bandBps: 50,
} as const;

/** Constructor argument of the oracle of a vault. */
export function oracleConfigOf(
  venues: Venues,
  settings: Partial<ChainlinkOracleConfigStruct> = {},
): ChainlinkOracleConfigStruct {
  return {
    pool: venues.pool,
    base: venues.base,
    baseFeed: venues.baseFeed,
    quoteFeed: venues.quoteFeed,
    sequencerFeed: ZeroAddress,
    ...defaultOracleSettings,
    ...settings,
  };
}

/** Constructor argument of the measure of a pool's realised volatility. */
export function volatilityConfigOf(
  pool: string,
  settings: Partial<RealizedVolatilityConfigStruct> = {},
): RealizedVolatilityConfigStruct {
  return { ...defaultVolatilitySettings, ...settings, pool };
}

/** What a vault's `liquidity` needs for its pool. */
export function uniswapV3LiquiditySpec(implementation: string, venues: Venues): AdapterSpecStruct {
  const baseIsToken0 = venues.base.toLowerCase() === venues.token0.toLowerCase();
  return {
    implementation,
    args: AbiCoder.defaultAbiCoder().encode(
      ["address", "address", "address", "bool", "uint256"],
      [venues.pool, venues.token0, venues.token1, baseIsToken0, scaleOf(venues)],
    ),
  };
}

/** What a vault's `hedges` need for a loan on Aave v3. */
export function aaveV3HedgeSpec(implementation: string, venues: Venues): AdapterSpecStruct {
  return {
    implementation,
    args: AbiCoder.defaultAbiCoder().encode(
      ["address", "address", "address", "address", "address", "uint256"],
      [venues.aavePool, venues.base, venues.quote, venues.quoteAToken, venues.baseDebtToken, scaleOf(venues)],
    ),
  };
}

/**
 * What a vault's `hedges` need for a short on GMX v2.
 *
 * @param venues The vault's pair; `quoteFeed` must be that of its oracle.
 * @param market GMX market whose index and long token are the base and whose short token is the quote.
 */
export function gmxV2HedgeSpec(implementation: string, venues: Venues, market: string): AdapterSpecStruct {
  return {
    implementation,
    args: AbiCoder.defaultAbiCoder().encode(
      ["address", "address", "address", "address", "uint256", "uint256"],
      [market, venues.base, venues.quote, venues.quoteFeed, scaleOf(venues), 10n ** BigInt(venues.baseDecimals)],
    ),
  };
}

/**
 * What the factory makes a vault of.
 *
 * @param deployed The vault's own contracts, which come first. Their type is the caller's: addresses, or promises of them.
 */
export function buildVaultSpec<Deployed>(
  implementations: AdapterImplementations,
  venues: Venues,
  deployed: { readonly authority: Deployed; readonly oracle: Deployed; readonly volatility: Deployed },
  options: VaultOptions,
): Omit<VaultSpecStruct, "authority" | "oracle" | "volatility"> &
  Record<"authority" | "oracle" | "volatility", Deployed> {
  return {
    authority: deployed.authority,
    base: venues.base,
    quote: venues.quote,
    oracle: deployed.oracle,
    volatility: deployed.volatility,
    liquidity: uniswapV3LiquiditySpec(implementations.uniswapV3Implementation, venues),
    hedges: [
      ...(options.aave === false ? [] : [aaveV3HedgeSpec(implementations.aaveV3Implementation, venues)]),
      ...(options.hedges ?? []),
    ],
    policy: { ...defaultPolicyParams, ...options.policy },
    depositCapQuote: options.depositCapQuote,
    ...(options.fees ?? NO_FEES),
    name: options.name,
    symbol: options.symbol,
  };
}

/** Price scale of the pair, see PriceMath. */
function scaleOf({ baseDecimals, quoteDecimals }: Pick<Venues, "baseDecimals" | "quoteDecimals">): bigint {
  return 10n ** BigInt(18 + baseDecimals - quoteDecimals);
}
