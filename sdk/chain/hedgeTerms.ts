import { Interface } from "ethers";

import { toFloat } from "../math/units.ts";
import type { HedgeState, HedgeTerms, Snapshot } from "../policy/types.ts";
import { aaveHedgeInterface, gmxHedgeInterface } from "./contracts.ts";
import { gmxKey, type GmxKeyPart, gmxPrice } from "./gmxKeys.ts";
import type { BlockRef, RpcSender } from "./snapshot.ts";

const SECONDS_PER_YEAR = 31_536_000;
const FLOAT_DECIMALS = 30;
const RAY_DECIMALS = 27;
const PIPS = 1_000_000;
/** The adapter asks for 1.2 times what GMX takes at least; the rest comes back. */
const FEE_HEADROOM = 1.2;
/** Size of the trade at which impact is counted, as a part of NAV. */
const TYPICAL_TRADE_FRACTION = 0.03;

/** `getReserveData` of Aave v3, as far as rates are in it. */
export const AAVE_RATES = new Interface([
  "function getReserveData(address asset) view returns (tuple(uint256 configuration, uint128 liquidityIndex, uint128 currentLiquidityRate, uint128 variableBorrowIndex, uint128 currentVariableBorrowRate))",
]);

const PRICE = "tuple(uint256 min, uint256 max)";
const BY_TOKEN = "tuple(uint256 longToken, uint256 shortToken)";
const BY_SIDE = `tuple(${BY_TOKEN} long, ${BY_TOKEN} short)`;

/** `getMarketInfo` of GMX's reader. */
export const GMX_RATES = new Interface([
  `function getMarketInfo(address dataStore, tuple(${PRICE} indexTokenPrice, ${PRICE} longTokenPrice, ${PRICE} shortTokenPrice) prices, address marketKey) view returns (tuple(tuple(address marketToken, address indexToken, address longToken, address shortToken) market, uint256 borrowingFactorPerSecondForLongs, uint256 borrowingFactorPerSecondForShorts, tuple(${BY_SIDE} fundingFeeAmountPerSize, ${BY_SIDE} claimableFundingAmountPerSize) baseFunding, tuple(bool longsPayShorts, uint256 fundingFactorPerSecond, int256 nextSavedFundingFactorPerSecond, ${BY_SIDE} fundingFeeAmountPerSizeDelta, ${BY_SIDE} claimableFundingAmountPerSizeDelta) nextFunding, tuple(uint256 virtualPoolAmountForLongToken, uint256 virtualPoolAmountForShortToken, int256 virtualInventoryForPositions) virtualInventory, bool isDisabled))`,
]);

const DATA_STORE = new Interface(["function getUint(bytes32 key) view returns (uint256)"]);

/** What the terms depend on beside the venue. */
export interface TermsContext {
  /** Health that a short is built for: how much margin earns or costs on its behalf. */
  readonly targetHealth: number;
  readonly gasPriceWei: bigint;
  /** Quote per native coin; undefined where it is not known, and orders are then taken for free. */
  readonly nativePriceQuote: number | undefined;
}

/**
 * What each of a vault's hedges costs now, by the venue's own rates at one block.
 *
 * - Aave: variable borrowing of the base, less what the margin of a short at the target health earns; a trade costs the pool's fee.
 * - GMX: borrowing and funding of shorts, a larger side's payment spread over the smaller one; a trade costs half the fees of a round
 *   trip and the impact of three per cent of NAV on a balanced market; an order costs its execution.
 *
 * @returns In the vault's order; undefined for a venue of another kind, a market that is disabled, or one that did not answer
 * (`onError` hears why): unknown is never zero.
 */
export async function readHedgeTerms(
  rpc: RpcSender,
  snapshot: Snapshot,
  context: TermsContext,
  onError: (hedge: HedgeState, error: unknown) => void = () => undefined,
): Promise<readonly (HedgeTerms | undefined)[]> {
  const block = { number: snapshot.blockNumber, hash: snapshot.blockHash, timestamp: snapshot.timestamp };
  return await Promise.all(
    snapshot.vault.hedges.map(async (hedge) => {
      try {
        if (hedge.venue === "aave-v3-short") return await readAaveTerms(caller(rpc, block), snapshot, hedge, context);
        if (hedge.venue === "gmx-v2-short") return await readGmxTerms(caller(rpc, block), snapshot, hedge, context);
      } catch (error) {
        onError(hedge, error);
      }
      return undefined;
    }),
  );
}

// --- Aave

async function readAaveTerms(
  call: Caller,
  { vault: v }: Snapshot,
  hedge: HedgeState,
  { targetHealth }: TermsContext,
): Promise<HedgeTerms> {
  const [args] = await call(hedge.hedge, aaveHedgeInterface, "args", []);
  const { pool } = args as { readonly pool: string };
  const rateOf = async (token: string, name: "currentLiquidityRate" | "currentVariableBorrowRate"): Promise<number> => {
    const [reserve] = await call(pool, AAVE_RATES, "getReserveData", [token]);
    return toFloat((reserve as Record<typeof name, bigint>)[name], RAY_DECIMALS);
  };
  const paid = await rateOf(v.base.token, "currentVariableBorrowRate");
  const earned = await rateOf(v.quote.token, "currentLiquidityRate");
  const marginPerShort = targetHealth / toFloat(hedge.marginFactorWad, 18);
  return { carryPerYear: paid - earned * marginPerShort, tradeFraction: v.pool.feePips / PIPS, orderQuote: 0 };
}

// --- GMX

async function readGmxTerms(
  call: Caller,
  { vault: v }: Snapshot,
  hedge: HedgeState,
  context: TermsContext,
): Promise<HedgeTerms | undefined> {
  const at = async (name: "reader" | "dataStore"): Promise<string> =>
    String((await call(hedge.hedge, gmxHedgeInterface, name, []))[0]);
  const [args] = await call(hedge.hedge, gmxHedgeInterface, "args", []);
  const { market } = args as { readonly market: string };
  const dataStore = await at("dataStore");
  const factor = async (name: string, ...values: readonly GmxKeyPart[]): Promise<number> => {
    const [value] = await call(dataStore, DATA_STORE, "getUint", [gmxKey(name, ...values)]);
    return toFloat(value as bigint, FLOAT_DECIMALS);
  };
  const ofMarket: GmxKeyPart = ["address", market];
  const openInterest = async (isLong: boolean): Promise<number> => {
    const side: GmxKeyPart = ["bool", isLong];
    const inBase = await factor("OPEN_INTEREST", ofMarket, ["address", v.base.token], side);
    return inBase + (await factor("OPEN_INTEREST", ofMarket, ["address", v.quote.token], side));
  };

  const price = toFloat(v.oracle.priceWad, 18);
  // The quote counts as one dollar here: rates do not depend on it to any digit that matters.
  const basePrice = priceOf(price, v.base.decimals);
  const quotePrice = priceOf(1, v.quote.decimals);
  const [info] = await call(await at("reader"), GMX_RATES, "getMarketInfo", [
    dataStore,
    [basePrice, basePrice, quotePrice],
    market,
  ]);
  const { isDisabled, borrowingFactorPerSecondForShorts, nextFunding } = info as MarketInfo;
  if (isDisabled) return undefined;
  const funding = toFloat(nextFunding.fundingFactorPerSecond, FLOAT_DECIMALS) * SECONDS_PER_YEAR;
  const longs = await openInterest(true);
  const shorts = await openInterest(false);
  const received = shorts > 0 ? (funding * longs) / shorts : 0;
  const borrowing = toFloat(borrowingFactorPerSecondForShorts, FLOAT_DECIMALS) * SECONDS_PER_YEAR;

  const balanced = await factor("POSITION_FEE_FACTOR", ofMarket, ["bool", true]);
  const unbalanced = await factor("POSITION_FEE_FACTOR", ofMarket, ["bool", false]);
  const impact = await factor("POSITION_IMPACT_FACTOR", ofMarket, ["bool", false]);
  const exponent = await factor("POSITION_IMPACT_EXPONENT_FACTOR", ofMarket, ["bool", false]);
  const trade = toFloat(v.book.navQuote, v.quote.decimals) * TYPICAL_TRADE_FRACTION;
  const impactFraction = trade > 0 ? impact * trade ** (exponent - 1) : 0;

  const { gasPriceWei, nativePriceQuote } = context;
  const [feeWei] = await call(hedge.hedge, gmxHedgeInterface, "executionFeeWei", [true, gasPriceWei]);
  return {
    carryPerYear: borrowing + (nextFunding.longsPayShorts ? -received : funding),
    tradeFraction: (balanced + unbalanced) / 2 + impactFraction,
    orderQuote: (toFloat(feeWei as bigint, 18) / FEE_HEADROOM) * (nativePriceQuote ?? 0),
  };
}

interface MarketInfo {
  readonly isDisabled: boolean;
  readonly borrowingFactorPerSecondForShorts: bigint;
  readonly nextFunding: { readonly longsPayShorts: boolean; readonly fundingFactorPerSecond: bigint };
}

/** The same lowest and highest price. */
function priceOf(usd: number, decimals: number): readonly [bigint, bigint] {
  const price = gmxPrice(usd, decimals);
  return [price, price];
}

// --- calls

type Caller = (to: string, abi: Interface, name: string, args: readonly unknown[]) => Promise<readonly unknown[]>;

/** Calls pinned to one block by its hash. */
function caller(rpc: RpcSender, block: BlockRef): Caller {
  const at = { blockHash: block.hash, requireCanonical: true };
  return async (to, abi, name, args) => {
    const data = abi.encodeFunctionData(name, [...args]);
    const raw = (await rpc.send("eth_call", [{ to, data }, at])) as string;
    return [...(abi.decodeFunctionResult(name, raw) as readonly unknown[])];
  };
}
