import { createRequire } from "node:module";

import { getAddress } from "ethers";

import type { GmxV2Deployment, GmxV2Market } from "./types.ts";

// The package's ESM build imports files without their endings, which Node does not do.
const require = createRequire(import.meta.url);

interface GmxMarketBook {
  readonly marketTokenAddress: string;
  readonly indexTokenAddress: string;
  readonly longTokenAddress: string;
  readonly shortTokenAddress: string;
}

/** GMX v2 on a chain as its own package describes it. Throws RangeError where it is not. */
export function gmxV2On(chainId: number): GmxV2Deployment {
  const { CONTRACTS } = require("@gmx-io/sdk/configs/contracts") as {
    CONTRACTS: Readonly<Record<number, Readonly<Record<string, string>>>>;
  };
  const { MARKETS } = require("@gmx-io/sdk/configs/markets") as {
    MARKETS: Readonly<Record<number, Readonly<Record<string, GmxMarketBook>>>>;
  };
  const contracts = CONTRACTS[chainId];
  if (contracts === undefined) throw new RangeError(`GMX v2 is not on chain ${chainId}.`);
  const at = (name: string): string => {
    const address = contracts[name];
    if (address === undefined) throw new RangeError(`GMX's package names no ${name} on chain ${chainId}.`);
    return getAddress(address);
  };
  return {
    venue: {
      exchangeRouter: at("ExchangeRouter"),
      reader: at("SyntheticsReader"),
      dataStore: at("DataStore"),
      orderVault: at("OrderVault"),
      referralStorage: at("ReferralStorage"),
    },
    markets: Object.values(MARKETS[chainId] ?? {}).map((market) => ({
      market: getAddress(market.marketTokenAddress),
      indexToken: getAddress(market.indexTokenAddress),
      longToken: getAddress(market.longTokenAddress),
      shortToken: getAddress(market.shortTokenAddress),
    })),
  };
}

/** Keys of GMX's DataStore under which it says whether a market takes another short. */
export interface GmxV2MarketKeys {
  readonly isDisabled: string;
  /** Most USD of shorts, 30 decimals. */
  readonly maxOpenInterest: string;
  /** USD of shorts with a collateral, 30 decimals; a market has two collaterals. */
  readonly openInterest: readonly string[];
  /** Least collateral of a position in USD, 30 decimals. */
  readonly minCollateralUsd: string;
}

/** The keys of a market, hashed by GMX's own package. */
export function gmxV2MarketKeys({ market, longToken, shortToken }: Omit<GmxV2Market, "indexToken">): GmxV2MarketKeys {
  const keys = require("@gmx-io/sdk/configs/dataStore") as {
    readonly MIN_COLLATERAL_USD_KEY: string;
    isMarketDisabledKey(market: string): string;
    maxOpenInterestKey(market: string, isLong: boolean): string;
    openInterestKey(market: string, collateral: string, isLong: boolean): string;
  };
  return {
    isDisabled: keys.isMarketDisabledKey(market),
    maxOpenInterest: keys.maxOpenInterestKey(market, false),
    openInterest: [...new Set([longToken, shortToken])].map((token) => keys.openInterestKey(market, token, false)),
    minCollateralUsd: keys.MIN_COLLATERAL_USD_KEY,
  };
}
