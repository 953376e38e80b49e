import { AssertionError } from "chai";

/**
 * Asserts |actual - expected| <= tolerance, and that none of them is NaN. Chai's closeTo is for whole numbers only once
 * Hardhat's matchers are loaded, which any test of the same run may do.
 */
export function expectClose(
  actual: number | null | undefined,
  expected: number,
  tolerance: number,
  message = "value",
): void {
  if (typeof actual === "number" && Math.abs(actual - expected) <= tolerance) return;
  throw new AssertionError(`${message}: expected ${String(actual)} to be within ${tolerance} of ${expected}`);
}
