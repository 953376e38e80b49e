import { getAddress } from "ethers";

import type { AaveV3Deployment, NetworkToken } from "./types.ts";

/** The part of a market in Aave's address book that is used here. */
interface AaveMarketBook {
  readonly POOL: string;
  readonly AAVE_PROTOCOL_DATA_PROVIDER: string;
  readonly ASSETS: Readonly<
    Record<
      string,
      { readonly UNDERLYING: string; readonly A_TOKEN: string; readonly V_TOKEN: string; readonly decimals: number }
    >
  >;
}

/** A market of Aave v3 as its address book describes it. */
export function aaveV3From(book: AaveMarketBook): AaveV3Deployment {
  return {
    pool: getAddress(book.POOL),
    protocolDataProvider: getAddress(book.AAVE_PROTOCOL_DATA_PROVIDER),
    reserves: Object.values(book.ASSETS).map(({ UNDERLYING, A_TOKEN, V_TOKEN }) => ({
      asset: getAddress(UNDERLYING),
      aToken: getAddress(A_TOKEN),
      variableDebtToken: getAddress(V_TOKEN),
    })),
  };
}

/** A token under its entry in the address book: the one that Aave lends, where several share a symbol. */
export function tokenFrom(book: AaveMarketBook, entry: string, symbol: string, feed: string): NetworkToken {
  const asset = book.ASSETS[entry];
  if (asset === undefined) throw new RangeError(`Aave's address book has no ${entry}.`);
  return { symbol, address: getAddress(asset.UNDERLYING), decimals: asset.decimals, feed };
}
