import { gmxV2MarketKeys } from "../../../sdk/chain/networks/gmx.ts";
import { hasCode, readView } from "./read.ts";
import { problem, type Check, type Finding } from "./types.ts";

const MARKET =
  "function getMarket(address dataStore, address key) view returns ((address marketToken, address indexToken, address longToken, address shortToken) market)";
const USD = 1e30;
/** A full vault is short of up to half of its value, and margin is about as much. */
const SHORT_PART = 0.5;

/** Whether GMX has the market, for these tokens, open, and with room for the short of a full vault. */
export const checkGmx: Check = async ({ vault, rpc }) => {
  const { gmxMarket, network, venues, base, quote } = vault;
  const { gmxV2 } = vault.systemVenues;
  if (gmxMarket === undefined || gmxV2 === undefined) return [];
  const { reader, dataStore, exchangeRouter, orderVault } = gmxV2;
  for (const [name, at] of Object.entries({ reader, dataStore, exchangeRouter, orderVault })) {
    if (await hasCode(rpc, at)) continue;
    return [
      problem(
        "no-gmx",
        `There is no contract at GMX's ${name} ${at} on ${network.title}. Update @gmx-io/sdk, or leave gmxV2 out of hedges.`,
      ),
    ];
  }
  const answer = await readView(rpc, reader, MARKET, [dataStore, gmxMarket]);
  const market = answer?.[0] as Record<"indexToken" | "longToken" | "shortToken" | "marketToken", string> | undefined;
  if (market === undefined || BigInt(market.marketToken) === 0n) {
    return [problem("gmx-no-market", `GMX has no market ${gmxMarket} on ${network.title}. Correct venues.gmxMarket.`)];
  }
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  if (
    !same(market.longToken, venues.base) ||
    !same(market.indexToken, venues.base) ||
    !same(market.shortToken, venues.quote)
  ) {
    return [
      problem(
        "gmx-other-tokens",
        `GMX's market ${gmxMarket} is of ${market.indexToken} with ${market.longToken} and ${market.shortToken}, the vault of ${base.symbol} and ${quote.symbol}. Correct venues.gmxMarket.`,
      ),
    ];
  }
  const keys = gmxV2MarketKeys({ market: gmxMarket, longToken: market.longToken, shortToken: market.shortToken });
  const uint = async (key: string): Promise<number> =>
    Number(
      ((await readView(rpc, dataStore, "function getUint(bytes32) view returns (uint256)", [key]))?.[0] ??
        0n) as bigint,
    );
  const [disabled, most, minCollateral, ...used] = await Promise.all([
    readView(rpc, dataStore, "function getBool(bytes32) view returns (bool)", [keys.isDisabled]),
    uint(keys.maxOpenInterest),
    uint(keys.minCollateralUsd),
    ...keys.openInterest.map(uint),
  ]);
  const findings: Finding[] = [];
  if (disabled?.[0] === true) {
    findings.push(problem("gmx-disabled", `GMX has disabled the market ${gmxMarket}. Choose another market or venue.`));
  }
  const cap = Number(vault.depositCapQuote) / 10 ** quote.decimals;
  const room = (most - used.reduce((sum, value) => sum + value, 0)) / USD;
  if (room < cap * SHORT_PART) {
    findings.push(
      problem(
        "gmx-open-interest",
        `GMX takes ${Math.max(0, room).toFixed(0)} dollars more of shorts in the market, a full vault wants ${(cap * SHORT_PART).toFixed(0)}. Lower depositCap, or wait.`,
      ),
    );
  }
  if (minCollateral / USD > cap * SHORT_PART) {
    findings.push(
      problem(
        "gmx-min-collateral",
        `GMX wants at least ${(minCollateral / USD).toFixed(0)} dollars of margin, more than a full vault would post. Raise depositCap.`,
      ),
    );
  }
  return findings;
};
