/** What a transaction offers for gas, wei. */
export interface Fees {
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Ceilings of the configuration, wei per gas. */
export interface FeeLimits {
  readonly maxFeePerGas: bigint;
  /** For actions that reduce risk; never below `maxFeePerGas`. */
  readonly emergencyMaxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

/** Fees within the ceiling, or what the market asks and the ceiling it broke. */
export type FeeQuote =
  | { readonly kind: "fees"; readonly fees: Fees }
  | { readonly kind: "pricedOut"; readonly neededPerGas: bigint; readonly ceilingPerGas: bigint };

/**
 * Nodes ask 10 % more (geth, erigon, hardhat) to 12.5 % more (some L2s and private pools) for a replacement; 1/8 satisfies all.
 */
const BUMP_DENOMINATOR = 8n;

/** The ceiling that holds for an action. */
export function ceilingFor(limits: FeeLimits, riskReducing: boolean): bigint {
  return riskReducing ? limits.emergencyMaxFeePerGas : limits.maxFeePerGas;
}

/**
 * Fees for a first attempt: room for the base fee to double (six full blocks), within the ceiling.
 *
 * Priced out when even the next block's base fee and tip do not fit under the ceiling.
 */
export function computeFees(baseFeePerGas: bigint, tipPerGas: bigint, ceilingPerGas: bigint): FeeQuote {
  const neededPerGas = baseFeePerGas + tipPerGas;
  if (neededPerGas > ceilingPerGas) return { kind: "pricedOut", neededPerGas, ceilingPerGas };
  const comfortable = 2n * baseFeePerGas + tipPerGas;
  const maxFeePerGas = comfortable < ceilingPerGas ? comfortable : ceilingPerGas;
  return { kind: "fees", fees: { maxFeePerGas, maxPriorityFeePerGas: tipPerGas } };
}

/**
 * Fees that replace an earlier attempt at the same nonce: both at least an eighth dearer (pools demand it of both), and
 * at least what the market asks now.
 *
 * Priced out when the dearer fee does not fit under the ceiling.
 */
export function computeBump(previous: Fees, market: Fees, ceilingPerGas: bigint): FeeQuote {
  const least: Fees = {
    maxFeePerGas: raiseUp(previous.maxFeePerGas),
    maxPriorityFeePerGas: raiseUp(previous.maxPriorityFeePerGas),
  };
  if (least.maxFeePerGas > ceilingPerGas) {
    return { kind: "pricedOut", neededPerGas: least.maxFeePerGas, ceilingPerGas };
  }
  const wanted = max(least.maxFeePerGas, market.maxFeePerGas);
  const maxFeePerGas = wanted < ceilingPerGas ? wanted : ceilingPerGas;
  const tip = max(least.maxPriorityFeePerGas, market.maxPriorityFeePerGas);
  // A tip above the fee cap is invalid; the cap was just raised by an eighth, so the tip still rises by as much.
  return { kind: "fees", fees: { maxFeePerGas, maxPriorityFeePerGas: tip < maxFeePerGas ? tip : maxFeePerGas } };
}

/** An eighth more, rounded up, and always more. */
function raiseUp(value: bigint): bigint {
  return value + (value + BUMP_DENOMINATOR - 1n) / BUMP_DENOMINATOR + (value === 0n ? 1n : 0n);
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
