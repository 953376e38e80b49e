import { HedgerowError } from "../sdk/errors.ts";

/** An amount that cannot be meant; `value` is what the user wrote. */
export class AmountError extends HedgerowError {
  readonly value: string;

  constructor(value: string, reason: string) {
    super(`${JSON.stringify(value)} is not an amount: ${reason}.`);
    this.value = value;
  }
}

const AMOUNT = /^(\d+)(?:\.(\d+))?$/;

/**
 * Token units of a decimal amount, exactly.
 *
 * Throws {@link AmountError} on anything but digits with an optional decimal point, on more decimals than the token has
 * and on zero.
 *
 * @example
 * parseAmount("1250.5", 6, "USDC"); // 1250500000n
 */
export function parseAmount(value: string, decimals: number, symbol: string): bigint {
  const text = value.trim();
  if (/^-/.test(text)) throw new AmountError(value, "it is negative; write a positive number");
  if (/^[\d,_' ]+(\.\d+)?$/.test(text) && !AMOUNT.test(text)) {
    throw new AmountError(value, "write it without separators, such as 1000000.5");
  }
  const match = AMOUNT.exec(text);
  if (match === null) throw new AmountError(value, "write digits with an optional decimal point, such as 1250.5");
  const [, whole = "", fraction = ""] = match;
  const significant = fraction.replace(/0+$/, "");
  if (significant.length > decimals) {
    throw new AmountError(value, `${symbol} has ${decimals} decimals and this has ${significant.length}; shorten it`);
  }
  const units = BigInt(whole + significant.padEnd(decimals, "0"));
  if (units === 0n) throw new AmountError(value, "it is zero; write a positive number");
  return units;
}

/**
 * Decimal text of token units, exact, without trailing zeros.
 *
 * @example
 * formatAmount(1250500000n, 6); // "1250.5"
 */
export function formatAmount(units: bigint, decimals: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, "");
  return `${units < 0n ? "-" : ""}${whole}${fraction === "" ? "" : `.${fraction}`}`;
}

/**
 * The same for reading: thousands separated, cut (never rounded up) to `places` decimals.
 *
 * @example
 * displayAmount(1234567891234n, 6); // "1,234,567.89"
 */
export function displayAmount(units: bigint, decimals: number, places = 2): string {
  const [whole = "", fraction = ""] = formatAmount(units < 0n ? -units : units, decimals).split(".");
  const grouped = whole.replaceAll(/\B(?=(\d{3})+$)/g, ",");
  const shown = fraction.slice(0, places).padEnd(places, "0");
  const text = `${grouped}${places === 0 ? "" : `.${shown}`}`;
  return units < 0n && /[1-9]/.test(text) ? `-${text}` : text;
}
