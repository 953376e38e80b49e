import { sqrtDown } from "../../exact/priceMath.ts";
import { MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../../exact/tickMath.ts";
import { InvalidParameterError } from "../../errors.ts";
import { type FeedRule, isRoundDue } from "./feeds.ts";
import { abs, type PairScale } from "./units.ts";
import type { VaultVenues } from "./vault.ts";

/** More than anybody needs: the price limit ends the swap. */
const UNLIMITED = 1n << 200n;
const BLOCK_SECONDS = 12;
const MIN_STEP_SECONDS = 8;

/** One step of the market. */
export interface MarketStep {
  /** Pool price at its end, whole quote tokens for a whole base token. */
  readonly price: number;
  /** Noise traded around it [whole quote tokens], half bought and half sold. */
  readonly volumeQuote: number;
  /** Unix seconds at which it starts and ends, at least 8 apart. */
  readonly from: number;
  readonly until: number;
}

/** What was traded in a step [quote units], and when its swaps happened. */
export interface MarketStepResult {
  readonly swappedQuote: bigint;
  readonly basePushed: boolean;
}

/** When the feeds of the market move. */
export interface FeedRules {
  readonly base: FeedRule;
  readonly quote: FeedRule;
}

/**
 * One step of the rest of the market, with the timing of the local network's actors: in the first block an arbitrage exactly to the
 * price and a noise buy and sale around it, in the next blocks the feeds by Chainlink's rule, and the heartbeats that fall due.
 *
 * Throws InvalidParameterError on a step shorter than 8 seconds or a price that is not positive.
 *
 * @example
 * runMarketStep(vault.venues, vault.pair, rules, { price: 2_520, volumeQuote: 500_000, from: now, until: now + 3_600 });
 */
export function runMarketStep(
  venues: VaultVenues,
  pair: PairScale,
  rules: FeedRules,
  step: MarketStep,
): MarketStepResult {
  const seconds = step.until - step.from;
  if (!(Number.isInteger(seconds) && seconds >= MIN_STEP_SECONDS)) {
    throw new InvalidParameterError(
      "until",
      step.until,
      `lie a whole number of at least ${MIN_STEP_SECONDS} s after from`,
    );
  }
  const blockSeconds = Math.min(BLOCK_SECONDS, Math.floor(seconds / MIN_STEP_SECONDS));
  let clock = step.from;
  const { pool, oracle } = venues;
  const target = computeSqrtPriceOfWhole(step.price, pair);
  const buy = toUnitsDown(step.volumeQuote / 2, pair.quoteDecimals);
  let swappedQuote = 0n;
  if (target !== pool.sqrtPriceX96 || buy > 0n) {
    clock += blockSeconds;
    pool.advanceTo(clock);
    const quoteOf = ({ amount0, amount1 }: { readonly amount0: bigint; readonly amount1: bigint }): bigint =>
      abs(pair.baseIsToken0 ? amount1 : amount0);
    if (target !== pool.sqrtPriceX96) swappedQuote += quoteOf(pool.swap(target < pool.sqrtPriceX96, UNLIMITED, target));
    if (buy > 0n) {
      const zeroForOne = !pair.baseIsToken0; // quote comes in
      swappedQuote += quoteOf(pool.swap(zeroForOne, buy, zeroForOne ? MIN_SQRT_RATIO + 1n : MAX_SQRT_RATIO - 1n));
      if (pool.sqrtPriceX96 !== target) swappedQuote += quoteOf(pool.swap(!zeroForOne, UNLIMITED, target));
    }
  }

  const quoteAnswer = oracle.quote.answer;
  const baseAnswer = toUnitsDown(step.price * (Number(quoteAnswer) / 1e8), 8);
  const beats: { readonly side: "base" | "quote"; readonly answer: bigint; readonly at: number }[] = [];
  const lastBeat = step.until - 2;
  const pushIfDue = (side: "base" | "quote", answer: bigint): boolean => {
    const rule = rules[side];
    let { updatedAt } = oracle[side];
    let isPushed = false;
    if (isRoundDue(rule, oracle[side], answer, clock + blockSeconds)) {
      clock += blockSeconds;
      oracle[side] = { answer, updatedAt: clock };
      updatedAt = clock;
      isPushed = true;
    }
    const room = lastBeat - updatedAt;
    if (room >= rule.heartbeatSeconds) {
      beats.push({ side, answer, at: updatedAt + Math.floor(room / rule.heartbeatSeconds) * rule.heartbeatSeconds });
      isPushed = true;
    }
    return isPushed;
  };
  const basePushed = pushIfDue("base", baseAnswer);
  pushIfDue("quote", quoteAnswer);
  for (const { side, answer, at } of beats.toSorted((a, b) => a.at - b.at)) {
    clock = Math.max(at, clock + 1);
    oracle[side] = { answer, updatedAt: clock };
  }
  pool.advanceTo(step.until);
  return { swappedQuote, basePushed };
}

/** The number as it is written in decimal, as a fraction: 0.97 is 97/100 to pool and feeds alike. */
function toFraction(value: number): readonly [numerator: bigint, denominator: bigint] {
  const [mantissa = "0", exponentText = "0"] = value.toExponential().split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const exponent = Number(exponentText) - fraction.length;
  const digits = BigInt(whole + fraction);
  return exponent >= 0 ? [digits * 10n ** BigInt(exponent), 1n] : [digits, 10n ** BigInt(-exponent)];
}

/**
 * Token units of a float amount of whole tokens, rounded down. Throws InvalidParameterError unless finite and not negative.
 *
 * @example
 * toUnitsDown(0.97, 8); // 97_000_000n
 */
export function toUnitsDown(amount: number, decimals: number): bigint {
  if (!(Number.isFinite(amount) && amount >= 0)) {
    throw new InvalidParameterError("amount", amount, "be a finite number, at least 0");
  }
  const [numerator, denominator] = toFraction(amount);
  return (numerator * 10n ** BigInt(decimals)) / denominator;
}

/**
 * Square-root price [Q64.96, rounded down] of whole quote tokens for a whole base token. Throws InvalidParameterError unless positive.
 *
 * @example
 * computeSqrtPriceOfWhole(2_500, { baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 }); // 1584563250285286751870879006720000n
 */
export function computeSqrtPriceOfWhole(priceQuotePerBase: number, pair: PairScale): bigint {
  if (!(Number.isFinite(priceQuotePerBase) && priceQuotePerBase > 0)) {
    throw new InvalidParameterError("priceQuotePerBase", priceQuotePerBase, "be a finite number above 0");
  }
  const [numerator, denominator] = toFraction(priceQuotePerBase);
  const quoteUnits = numerator * 10n ** BigInt(pair.quoteDecimals);
  const baseUnits = denominator * 10n ** BigInt(pair.baseDecimals);
  return sqrtDown(pair.baseIsToken0 ? (quoteUnits << 192n) / baseUnits : (baseUnits << 192n) / quoteUnits);
}
