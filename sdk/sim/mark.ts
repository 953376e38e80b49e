import { InvalidParameterError } from "../errors.ts";
import { requireFinite, requireNonNegative, requirePositive } from "../math/require.ts";

/**
 * What happened since the mark before.
 *
 * - `market`: time passed and the price moved; the vault did nothing.
 * - `action`: the keeper acted, at an unchanged price.
 * - `flow`: somebody deposited or left, at an unchanged price.
 */
export type MarkPhase = "market" | "action" | "flow";

/** A vault valued at the market's price, in human units. The first mark of a series only says where it starts. */
export interface VaultMark {
  readonly phase: MarkPhase;
  /** Unix seconds. */
  readonly timestamp: number;
  /** Price of the market [quote per base], at which everything here is valued. */
  readonly price: number;
  readonly idleBase: number;
  readonly idleQuote: number;
  /** Principal of all ranges at `price`, whatever the pool's own price. */
  readonly liquidityBase: number;
  readonly liquidityQuote: number;
  /** Earned and not collected yet. */
  readonly feesBase: number;
  readonly feesQuote: number;
  /** Collateral of the short, with the interest it earned. */
  readonly marginQuote: number;
  /** The short: base owed, with the interest it costs. */
  readonly debtBase: number;
  readonly shares: number;
  /** What the keeper paid for gas since the mark before [quote]. Not part of the vault's books. */
  readonly gasQuote: number;
}

/** Net asset value [quote] at the mark's price, gas left out. */
export function computeMarkNavQuote(mark: VaultMark): number {
  const base = mark.idleBase + mark.liquidityBase + mark.feesBase - mark.debtBase;
  return mark.idleQuote + mark.liquidityQuote + mark.feesQuote + mark.marginQuote + base * mark.price;
}

/** Value [quote] of the liquidity alone at the mark's price: principal and uncollected fees. */
export function computeMarkLiquidityQuote(mark: VaultMark): number {
  return mark.liquidityQuote + mark.feesQuote + (mark.liquidityBase + mark.feesBase) * mark.price;
}

/** Throws InvalidParameterError unless the marks are in order and everything in them is a number that can be true. */
export function requireMarks(marks: readonly VaultMark[]): void {
  if (marks.length < 2) throw new InvalidParameterError("marks.length", marks.length, "be at least 2");
  marks.forEach((mark, index) => {
    const at = `marks[${index}]`;
    requirePositive(`${at}.price`, mark.price);
    requireFinite(`${at}.timestamp`, mark.timestamp);
    const amounts = ["idleBase", "idleQuote", "liquidityBase", "liquidityQuote", "feesBase", "feesQuote"] as const;
    for (const name of [...amounts, "marginQuote", "debtBase", "shares", "gasQuote"] as const) {
      requireNonNegative(`${at}.${name}`, mark[name]);
    }
    const previous = marks[index - 1];
    if (previous === undefined) return;
    if (mark.timestamp < previous.timestamp) {
      throw new InvalidParameterError(
        `${at}.timestamp`,
        mark.timestamp,
        `not lie before the mark above (${previous.timestamp})`,
      );
    }
    if (mark.phase !== "market" && mark.price !== previous.price) {
      const requirement = `equal the price before the ${mark.phase} (${previous.price}): only the market moves it`;
      throw new InvalidParameterError(`${at}.price`, mark.price, requirement);
    }
  });
}
