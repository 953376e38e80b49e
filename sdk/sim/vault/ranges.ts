import { computeFeesOwedDown } from "../../exact/feeGrowth.ts";
import { getAmountsForLiquidityDown } from "../../exact/liquidityAmounts.ts";
import { type BaseQuoteAmounts, toBaseQuote } from "../../exact/orientation.ts";
import type { ExactPool } from "../../exact/pool/pool.ts";
import { computeSqrtPriceX96Down } from "../../exact/priceMath.ts";
import { getSqrtRatioAtTick, MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../../exact/tickMath.ts";
import type { RangeState } from "../../policy/types.ts";
import { VaultRevertError } from "./errors.ts";
import { abs, BPS, type PairScale } from "./units.ts";

const MAX_RANGES = 4;
const MAX_UINT128 = (1n << 128n) - 1n;

/** LiquidityState of the contracts: amounts at the oracle's price, at both ends of its band, and uncollected fees. */
export interface LiquidityReading {
  readonly base: bigint;
  readonly quote: bigint;
  readonly baseLow: bigint;
  readonly quoteLow: bigint;
  readonly baseHigh: bigint;
  readonly quoteHigh: bigint;
  readonly feesBase: bigint;
  readonly feesQuote: bigint;
}

type Pay = (token: "base" | "quote", amount: bigint) => void;

/** UniswapV3Liquidity: the vault's ranges in one pool. `pool` may be replaced by a copy of it. */
export class VaultRanges {
  readonly owner: string;
  readonly #pair: PairScale;
  #ranges: readonly RangeState[] = [];

  constructor(pair: PairScale, owner: string) {
    this.#pair = pair;
    this.owner = owner;
  }

  /** In the contract's order, which a removal changes: the last one takes the place of one that goes. */
  get ranges(): readonly RangeState[] {
    return this.#ranges;
  }

  restore(ranges: readonly RangeState[]): void {
    this.#ranges = ranges;
  }

  read(pool: ExactPool, priceWad: bigint, bandBps: bigint): LiquidityReading {
    const mid = this.#amountsAt(priceWad);
    const low = bandBps === 0n ? mid : this.#amountsAt((priceWad * (BPS - bandBps)) / BPS);
    const high = bandBps === 0n ? mid : this.#amountsAt((priceWad * (BPS + bandBps)) / BPS);
    const fees = this.#fees(pool);
    return {
      base: mid.amountBase,
      quote: mid.amountQuote,
      baseLow: low.amountBase,
      quoteLow: low.amountQuote,
      baseHigh: high.amountBase,
      quoteHigh: high.amountQuote,
      feesBase: fees.amountBase,
      feesQuote: fees.amountQuote,
    };
  }

  /** Mints, and has the vault pay what the pool charges. */
  add(pool: ExactPool, range: RangeState, pay: Pay): void {
    const { tickLower, tickUpper, liquidity } = range;
    const paid = toBaseQuote(pool.mint({ owner: this.owner, tickLower, tickUpper }, liquidity), this.#pair);
    // token0 first, as the contract's callback
    for (const token of this.#pair.baseIsToken0 ? (["base", "quote"] as const) : (["quote", "base"] as const)) {
      const amount = token === "base" ? paid.amountBase : paid.amountQuote;
      if (amount > 0n) pay(token, amount);
    }
    const at = this.#indexOf(range);
    if (at === this.#ranges.length) {
      if (at === MAX_RANGES) throw new VaultRevertError("TooManyRanges", BigInt(at + 1), BigInt(MAX_RANGES));
      this.#ranges = [...this.#ranges, { tickLower, tickUpper, liquidity }];
    } else {
      this.#ranges = this.#ranges.map((r, i) => (i === at ? { ...r, liquidity: r.liquidity + liquidity } : r));
    }
  }

  /** Burns and collects, fees included; `fees` is the part of the amounts that was earned. */
  remove(pool: ExactPool, range: RangeState): BaseQuoteAmounts & { readonly fees: BaseQuoteAmounts } {
    const { tickLower, tickUpper, liquidity } = range;
    const at = this.#indexOf(range);
    const held = this.#ranges[at];
    if (held === undefined) throw new VaultRevertError("UnknownRange", BigInt(tickLower), BigInt(tickUpper));
    if (liquidity > held.liquidity) throw new VaultRevertError("RangeTooSmall", liquidity, held.liquidity);
    const position = { owner: this.owner, tickLower, tickUpper };
    const principal = toBaseQuote(pool.burn(position, liquidity), this.#pair);
    const out = toBaseQuote(pool.collect(position, MAX_UINT128, MAX_UINT128), this.#pair);
    if (liquidity === held.liquidity) {
      const ranges = [...this.#ranges];
      const last = ranges.pop();
      if (last !== undefined && at < ranges.length) ranges[at] = last;
      this.#ranges = ranges;
    } else {
      this.#ranges = this.#ranges.map((r, i) => (i === at ? { ...r, liquidity: r.liquidity - liquidity } : r));
    }
    const fees = {
      amountBase: out.amountBase - principal.amountBase,
      amountQuote: out.amountQuote - principal.amountQuote,
    };
    return { ...out, fees };
  }

  /** Buys or sells exactly `baseChange`; returns the signed quote that came. Throws beyond `quoteLimit`. */
  swap(pool: ExactPool, baseChange: bigint, quoteLimit: bigint, pay: Pay): bigint {
    const { baseIsToken0 } = this.#pair;
    const buysBase = baseChange > 0n;
    const zeroForOne = buysBase !== baseIsToken0;
    const result = pool.swap(zeroForOne, -baseChange, zeroForOne ? MIN_SQRT_RATIO + 1n : MAX_SQRT_RATIO - 1n);
    const moved = toBaseQuote(result, this.#pair);
    const [baseFlow, quoteFlow] = [-moved.amountBase, -moved.amountQuote];
    if (moved.amountBase > 0n) pay("base", moved.amountBase);
    if (moved.amountQuote > 0n) pay("quote", moved.amountQuote);
    if (baseFlow !== baseChange) throw new VaultRevertError("PartialFill", abs(baseFlow), abs(baseChange));
    if (buysBase && abs(quoteFlow) > quoteLimit) {
      throw new VaultRevertError("SwapAboveMaximum", abs(quoteFlow), quoteLimit);
    }
    if (!buysBase && abs(quoteFlow) < quoteLimit) {
      throw new VaultRevertError("SwapBelowMinimum", abs(quoteFlow), quoteLimit);
    }
    return quoteFlow;
  }

  #amountsAt(priceWad: bigint): BaseQuoteAmounts {
    if (this.#ranges.length === 0) return { amountBase: 0n, amountQuote: 0n };
    const root = computeSqrtPriceX96Down(priceWad, this.#pair);
    return sum(
      this.#ranges.map(({ tickLower, tickUpper, liquidity }) =>
        toBaseQuote(
          getAmountsForLiquidityDown(root, getSqrtRatioAtTick(tickLower), getSqrtRatioAtTick(tickUpper), liquidity),
          this.#pair,
        ),
      ),
    );
  }

  #fees(pool: ExactPool): BaseQuoteAmounts {
    return sum(
      this.#ranges.map(({ tickLower, tickUpper }) => {
        const position = pool.position({ owner: this.owner, tickLower, tickUpper });
        if (position === undefined) return { amountBase: 0n, amountQuote: 0n };
        const inside = pool.feeGrowthInside(tickLower, tickUpper);
        const owed = (feeGrowthInsideX128: bigint, feeGrowthInsideLastX128: bigint): bigint =>
          computeFeesOwedDown({ feeGrowthInsideX128, feeGrowthInsideLastX128, liquidity: position.liquidity });
        const amount0 = position.tokensOwed0 + owed(inside.feeGrowthInside0X128, position.feeGrowthInside0LastX128);
        const amount1 = position.tokensOwed1 + owed(inside.feeGrowthInside1X128, position.feeGrowthInside1LastX128);
        return toBaseQuote({ amount0, amount1 }, this.#pair);
      }),
    );
  }

  #indexOf({ tickLower, tickUpper }: RangeState): number {
    const at = this.#ranges.findIndex((r) => r.tickLower === tickLower && r.tickUpper === tickUpper);
    return at < 0 ? this.#ranges.length : at;
  }
}

function sum(amounts: readonly BaseQuoteAmounts[]): BaseQuoteAmounts {
  return {
    amountBase: amounts.reduce((total, { amountBase }) => total + amountBase, 0n),
    amountQuote: amounts.reduce((total, { amountQuote }) => total + amountQuote, 0n),
  };
}
