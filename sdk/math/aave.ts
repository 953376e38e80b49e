import { InvalidParameterError } from "../errors.ts";
import { requireNonNegative, requirePositive } from "./require.ts";

/*
 * A short made by borrowing base against quote collateral on Aave v3. The health factor is
 * collateral · liquidationThreshold / (debt · price), and the position may be liquidated once it falls below 1.
 * Source: Aave v3 technical paper, health factor. Collateral is taken at one quote a unit: a quote token off its peg scales it.
 */

/**
 * A borrowed short.
 *
 * - `collateralQuote` [quote] and `debtBase` [base], interest included, both at least 0.
 * - `liquidationThreshold`: of the collateral asset, as a fraction above 0 and at most 1 (0.78 for 78 %).
 */
export interface BorrowedShort {
  readonly collateralQuote: number;
  readonly debtBase: number;
  readonly liquidationThreshold: number;
}

/**
 * Health factor [1] at `price` [quote per base]; Infinity without debt, as Aave reports its largest number.
 *
 * Throws InvalidParameterError on negative amounts, a threshold outside 0 to 1 or a price that is not positive.
 *
 * @example
 * computeHealthFactor({ collateralQuote: 80_000, debtBase: 25, liquidationThreshold: 0.78 }, 2000); // 1.248
 */
export function computeHealthFactor(position: BorrowedShort, price: number): number {
  requireShort(position);
  requirePositive("price", price);
  if (position.debtBase === 0) return Infinity;
  return (position.collateralQuote * position.liquidationThreshold) / (position.debtBase * price);
}

/**
 * Price [quote per base] at which the health factor reaches 1; Infinity without debt, 0 without collateral.
 *
 * Throws InvalidParameterError on negative amounts or a threshold outside 0 to 1.
 *
 * @example
 * computeBorrowLiquidationPrice({ collateralQuote: 80_000, debtBase: 25, liquidationThreshold: 0.78 }); // 2496
 */
export function computeBorrowLiquidationPrice(position: BorrowedShort): number {
  requireShort(position);
  if (position.debtBase === 0) return Infinity;
  return (position.collateralQuote * position.liquidationThreshold) / position.debtBase;
}

/**
 * Largest debt [base] that leaves a health factor of `healthFactor` (at least 1) at `price` [quote per base].
 *
 * The loan-to-value limit may bind first when borrowing: it is below the liquidation threshold, a health factor of
 * liquidationThreshold/loanToValue. Throws InvalidParameterError on inputs out of domain.
 *
 * @example
 * computeDebtForHealthFactorBase({ collateralQuote: 80_000, liquidationThreshold: 0.78, healthFactor: 1.5, price: 2000 }); // 20.8
 */
export function computeDebtForHealthFactorBase(inputs: {
  readonly collateralQuote: number;
  readonly liquidationThreshold: number;
  readonly healthFactor: number;
  readonly price: number;
}): number {
  requireNonNegative("collateralQuote", inputs.collateralQuote);
  requireThreshold(inputs.liquidationThreshold);
  requireHealthFactor(inputs.healthFactor);
  requirePositive("price", inputs.price);
  return (inputs.collateralQuote * inputs.liquidationThreshold) / (inputs.healthFactor * inputs.price);
}

/**
 * Collateral [quote] that gives a debt of `debtBase` [base] a health factor of `healthFactor` (at least 1) at `price` [quote per base].
 *
 * With healthFactor = 1 + the up move of a chosen first-passage probability, the loan survives to that probability: the health
 * factor falls as 1/price. Throws InvalidParameterError on inputs out of domain.
 *
 * @example
 * computeCollateralForHealthFactorQuote({ debtBase: 25, liquidationThreshold: 0.78, healthFactor: 1.56, price: 2000 }); // 100,000
 */
export function computeCollateralForHealthFactorQuote(inputs: {
  readonly debtBase: number;
  readonly liquidationThreshold: number;
  readonly healthFactor: number;
  readonly price: number;
}): number {
  requireNonNegative("debtBase", inputs.debtBase);
  requireThreshold(inputs.liquidationThreshold);
  requireHealthFactor(inputs.healthFactor);
  requirePositive("price", inputs.price);
  return (inputs.debtBase * inputs.price * inputs.healthFactor) / inputs.liquidationThreshold;
}

function requireShort(position: BorrowedShort): void {
  requireNonNegative("collateralQuote", position.collateralQuote);
  requireNonNegative("debtBase", position.debtBase);
  requireThreshold(position.liquidationThreshold);
}

function requireThreshold(liquidationThreshold: number): void {
  if (!(liquidationThreshold > 0 && liquidationThreshold <= 1)) {
    throw new InvalidParameterError(
      "liquidationThreshold",
      liquidationThreshold,
      "be a fraction greater than 0 and at most 1",
    );
  }
}

function requireHealthFactor(healthFactor: number): void {
  if (!(healthFactor >= 1 && healthFactor < Infinity)) {
    throw new InvalidParameterError("healthFactor", healthFactor, "be finite and at least 1");
  }
}
