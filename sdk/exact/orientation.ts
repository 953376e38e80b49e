import { InvalidParameterError } from "../errors.ts";
import type { TokenAmounts } from "./liquidityAmounts.ts";

/**
 * How base and quote lie in a Uniswap pool. The only place where token0 and token1 meet the names used everywhere else.
 *
 * `baseDecimals` and `quoteDecimals` are those of the ERC-20s, integers from 0 to 255.
 */
export interface Orientation {
  readonly baseIsToken0: boolean;
  readonly baseDecimals: number;
  readonly quoteDecimals: number;
}

/** Raw amounts by role. */
export interface BaseQuoteAmounts {
  readonly amountBase: bigint;
  readonly amountQuote: bigint;
}

/**
 * The orientation of a pool of two tokens: the one with the lower address is token0.
 *
 * Addresses are 0x-prefixed hexadecimal of any case. Throws InvalidParameterError on equal or malformed addresses, or decimals that
 * an ERC-20 cannot have.
 *
 * @example
 * createOrientation({
 *   base: { address: "0xC02aaA39b223FE8D0A0e5C4F27eAD9083C756Cc2", decimals: 18 }, // WETH
 *   quote: { address: "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48", decimals: 6 }, // USDC
 * }); // { baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 }
 */
export function createOrientation(tokens: {
  readonly base: { readonly address: string; readonly decimals: number };
  readonly quote: { readonly address: string; readonly decimals: number };
}): Orientation {
  const base = parseAddress("base.address", tokens.base.address);
  const quote = parseAddress("quote.address", tokens.quote.address);
  if (base === quote)
    throw new InvalidParameterError("quote.address", tokens.quote.address, "differ from base.address");
  const orientation = {
    baseIsToken0: base < quote,
    baseDecimals: tokens.base.decimals,
    quoteDecimals: tokens.quote.decimals,
  };
  requireOrientation(orientation);
  return orientation;
}

/**
 * Amounts of token0 and token1, by role [raw units]. Never throws.
 *
 * @example
 * toBaseQuote({ amount0: 7n, amount1: 1n }, { baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 });
 * // { amountBase: 1n, amountQuote: 7n }
 */
export function toBaseQuote(amounts: TokenAmounts, orientation: Orientation): BaseQuoteAmounts {
  return orientation.baseIsToken0
    ? { amountBase: amounts.amount0, amountQuote: amounts.amount1 }
    : { amountBase: amounts.amount1, amountQuote: amounts.amount0 };
}

/**
 * Amounts by role, as token0 and token1 [raw units]. Never throws.
 *
 * @example
 * toTokenAmounts({ amountBase: 1n, amountQuote: 7n }, { baseIsToken0: false, baseDecimals: 18, quoteDecimals: 6 });
 * // { amount0: 7n, amount1: 1n }
 */
export function toTokenAmounts(amounts: BaseQuoteAmounts, orientation: Orientation): TokenAmounts {
  return orientation.baseIsToken0
    ? { amount0: amounts.amountBase, amount1: amounts.amountQuote }
    : { amount0: amounts.amountQuote, amount1: amounts.amountBase };
}

/** Throws InvalidParameterError unless both decimals are integers from 0 to 255, the range of an ERC-20's uint8. */
export function requireOrientation(orientation: Orientation): void {
  requireDecimals("baseDecimals", orientation.baseDecimals);
  requireDecimals("quoteDecimals", orientation.quoteDecimals);
}

function requireDecimals(parameter: string, decimals: number): void {
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 255) {
    throw new InvalidParameterError(parameter, decimals, "be an integer between 0 and 255");
  }
}

function parseAddress(parameter: string, address: string): bigint {
  if (!/^0x[0-9a-fA-F]{40}$/.test(address)) {
    throw new InvalidParameterError(parameter, address, "be 0x followed by 40 hexadecimal digits");
  }
  return BigInt(address);
}
