import { HedgerowError } from "../sdk/errors.ts";
import type { RunningVolatilitySettings } from "../sdk/math/runningVolatility.ts";
import { type Market, OracleFlag, type Snapshot } from "../sdk/policy/types.ts";
import { type CarrySettings, estimateCarry, holdingsOf } from "./carry.ts";
import { estimateFeeFlow, type FeeFlowSettings, type FeeGrowth } from "./feeFlow.ts";
import type { Journal } from "./journal.ts";
import type { Head } from "./rpc.ts";
import { estimateVolatility } from "./volatility.ts";

export interface MarketSettings {
  readonly volatility: RunningVolatilitySettings;
  /** Gas of one hedge transaction. */
  readonly hedgeGasUnits: bigint;
  readonly maxPriorityFeePerGas: bigint;
  /** The chain's wrapped native coin; a vault with this base prices gas by its own oracle. */
  readonly wrappedNative: string;
  /** Quote per native coin, for vaults with another base. */
  readonly nativePriceQuote: number | undefined;
  /** Prices closer together than this are noise of the feed; only the first is kept. */
  readonly sampleSeconds: number;
  readonly feeFlow: FeeFlowSettings;
  readonly carry: CarrySettings;
}

/** Gas cannot be priced in the vault's quote. */
export class UnknownGasPriceError extends HedgerowError {}

/** Flags under which a price is not the market's. A depeg of the quote or a deviating pool leaves the feed's price good. */
const NOT_A_PRICE = OracleFlag.noPrice | OracleFlag.baseStale | OracleFlag.quoteStale | OracleFlag.sequencerDown;

/** Half-lives after which a price weighs less than a thousandth. */
const MEMORY_HALF_LIVES = 10;

/** Whether the journal's newest sample of fees and carry is old enough for another one. */
export function isFlowDue(journal: Journal, snapshot: Snapshot, settings: MarketSettings): boolean {
  if ((snapshot.vault.oracle.flags & NOT_A_PRICE) !== 0n) return false;
  const last = journal.findLastFlow(snapshot.vault.vault, snapshot.chainId, snapshot.timestamp);
  return last === undefined || snapshot.timestamp - last.timestampSeconds >= settings.feeFlow.sampleSeconds;
}

/**
 * What the policy needs besides the snapshot. Remembers the snapshot's price on the way, and fees and hedges where
 * the pool's fee growth at the snapshot's block is given.
 */
export function observeMarket(
  journal: Journal,
  snapshot: Snapshot,
  head: Head,
  settings: MarketSettings,
  growth?: FeeGrowth,
): Market {
  const { oracle } = snapshot.vault;
  const memorySeconds = MEMORY_HALF_LIVES * settings.volatility.halfLifeHours * 3_600;
  const from = Math.floor(snapshot.timestamp - memorySeconds);
  const samples = [...journal.listPrices(oracle.address, snapshot.chainId, from, snapshot.timestamp)];
  const last = samples.at(-1);
  const due = last === undefined || snapshot.timestamp - last.timestampSeconds >= settings.sampleSeconds;
  if (due && (oracle.flags & NOT_A_PRICE) === 0n) {
    const sample = { timestampSeconds: snapshot.timestamp, priceWad: oracle.priceWad };
    journal.addPrice(oracle.address, snapshot.chainId, sample);
    samples.push(sample);
  }
  const prices = samples.map(({ timestampSeconds, priceWad }) => ({
    timestampSeconds,
    price: Number(priceWad) / 1e18,
  }));
  return {
    volatilityAnnual: estimateVolatility(prices, settings.volatility),
    hedgeGasQuote: computeGasQuote(snapshot, head, settings),
    ...observeFlows(journal, snapshot, settings, growth),
  };
}

/** What fees bring and the short costs, each undefined while it is not known. */
function observeFlows(
  journal: Journal,
  snapshot: Snapshot,
  { feeFlow, carry }: MarketSettings,
  growth: FeeGrowth | undefined,
): Pick<Market, "feeQuotePerLiquidityYear" | "shortCarryPerYear"> {
  const { vault: v, chainId, timestamp } = snapshot;
  if (growth !== undefined) {
    const { priceWad } = v.oracle;
    const pool = v.pool.address.toLowerCase();
    journal.addFlow(v.vault, chainId, {
      timestampSeconds: timestamp,
      pool,
      priceWad,
      ...growth,
      ...holdingsOf(snapshot),
    });
  }
  const halfLifeHours = Math.max(feeFlow.halfLifeHours, carry.halfLifeHours);
  const memorySeconds = MEMORY_HALF_LIVES * halfLifeHours * 3_600;
  const samples = journal.listFlows(v.vault, chainId, Math.floor(timestamp - memorySeconds), timestamp);
  return {
    feeQuotePerLiquidityYear: estimateFeeFlow(samples, v, timestamp, feeFlow),
    shortCarryPerYear: estimateCarry(samples, v, carry),
  };
}

/** Quote per native coin: by the vault's own oracle when its base is that coin, else as configured; undefined = not known. */
export function nativePriceOf(
  { vault: { base, oracle } }: Snapshot,
  settings: Pick<MarketSettings, "wrappedNative" | "nativePriceQuote">,
): number | undefined {
  const isNative = base.token.toLowerCase() === settings.wrappedNative.toLowerCase();
  return isNative ? Number(oracle.priceWad) / 1e18 : settings.nativePriceQuote;
}

/** Cost of one hedge transaction in the vault's quote, human units. */
function computeGasQuote(snapshot: Snapshot, head: Head, settings: MarketSettings): number {
  const { base, vault } = snapshot.vault;
  const priceQuote = nativePriceOf(snapshot, settings);
  if (priceQuote === undefined) {
    throw new UnknownGasPriceError(
      `Vault ${vault} has base ${base.symbol}, which is not the native coin of the chain, so gas has no price. Set nativePriceQuote.`,
    );
  }
  const weiPerGas = head.baseFeePerGas + settings.maxPriorityFeePerGas;
  return (Number(settings.hedgeGasUnits * weiPerGas) / 1e18) * priceQuote;
}
