import { createRequire } from "node:module";

import { getAddress } from "ethers";

import type { GmxV2Deployment } from "./types.ts";

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
