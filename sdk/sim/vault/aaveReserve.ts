import { InvalidParameterError } from "../../errors.ts";

const RAY = 10n ** 27n;
const HALF_RAY = RAY / 2n;
const SECONDS_PER_YEAR = 31_536_000n;
const PERCENT = 10_000n;
const WAD_TO_RAY = 10n ** 9n;

/**
 * WadRayMath.rayMul: a b / 10^27, half up.
 *
 * @example
 * rayMul(3n, 5n * 10n ** 26n); // 2n
 */
export function rayMul(a: bigint, b: bigint): bigint {
  return (a * b + HALF_RAY) / RAY;
}

/**
 * WadRayMath.rayDiv: a 10^27 / b, half up; b is above 0.
 *
 * @example
 * rayDiv(1n, 2n * 10n ** 27n); // 1n
 */
export function rayDiv(a: bigint, b: bigint): bigint {
  return (a * RAY + b / 2n) / b;
}

/** DefaultReserveInterestRateStrategy: rates in ray a year over the used part of the reserve. */
export interface RateCurve {
  readonly baseRateRay: bigint;
  readonly optimalUsageRay: bigint;
  readonly slope1Ray: bigint;
  readonly slope2Ray: bigint;
  /** Part of the interest that suppliers do not get. */
  readonly reserveFactorBps: bigint;
}

/** A reserve at one moment: indices in ray, rates in ray a year, debt scaled, available amount in token units. */
export interface ReserveStorage {
  readonly liquidityIndexRay: bigint;
  readonly borrowIndexRay: bigint;
  readonly supplyRateRay: bigint;
  readonly borrowRateRay: bigint;
  readonly updatedAt: number;
  readonly scaledDebt: bigint;
  readonly available: bigint;
}

/**
 * One reserve of Aave v3: indices in ray, grown linearly for suppliers and by the three-term binomial for borrowers, and rates by
 * the utilisation after every change. To the unit what the genuine contracts hold; without a curve the rates are those last set.
 *
 * @example
 * const reserve = new AaveReserve({ ...storage, supplyRateRay: 3n * 10n ** 25n });
 * reserve.incomeIndexRay(storage.updatedAt + 31_536_000); // 1.03 times liquidityIndexRay
 */
export class AaveReserve {
  readonly #curve: RateCurve | undefined;
  #storage: ReserveStorage;

  constructor(storage: ReserveStorage, curve?: RateCurve) {
    this.#storage = storage;
    this.#curve = curve;
  }

  /** A copy of the state, to return to with {@link AaveReserve.restore}. */
  get storage(): ReserveStorage {
    return this.#storage;
  }

  restore(storage: ReserveStorage): void {
    this.#storage = storage;
  }

  /** Index that suppliers' scaled balances are multiplied by [ray]: getReserveNormalizedIncome. */
  incomeIndexRay(timestamp: number): bigint {
    const { liquidityIndexRay, supplyRateRay } = this.#storage;
    const seconds = this.#secondsSince(timestamp);
    if (seconds === 0n) return liquidityIndexRay;
    return rayMul(RAY + (supplyRateRay * seconds) / SECONDS_PER_YEAR, liquidityIndexRay);
  }

  /** Index that borrowers' scaled debts are multiplied by [ray]: getReserveNormalizedVariableDebt. */
  debtIndexRay(timestamp: number): bigint {
    const { borrowIndexRay, borrowRateRay } = this.#storage;
    const seconds = this.#secondsSince(timestamp);
    return seconds === 0n ? borrowIndexRay : rayMul(compounded(borrowRateRay, seconds), borrowIndexRay);
  }

  /** Sets the rates from here on [ray a year], where no curve does. */
  setRates(timestamp: number, rates: { readonly supplyRateRay: bigint; readonly borrowRateRay: bigint }): void {
    this.#accrue(timestamp);
    this.#storage = { ...this.#storage, ...rates };
  }

  /** Takes token units in; returns the scaled balance they become. */
  supply(timestamp: number, amount: bigint): bigint {
    this.#change(timestamp, amount, 0n);
    return rayDiv(amount, this.#storage.liquidityIndexRay);
  }

  /** Pays token units out; returns the scaled balance they were. */
  withdraw(timestamp: number, amount: bigint): bigint {
    this.#change(timestamp, -amount, 0n);
    return rayDiv(amount, this.#storage.liquidityIndexRay);
  }

  /** Lends token units; returns the scaled debt. */
  borrow(timestamp: number, amount: bigint): bigint {
    return this.#changeDebt(timestamp, amount, 1n);
  }

  /** Takes token units back; returns the scaled debt that is gone. */
  repay(timestamp: number, amount: bigint): bigint {
    return this.#changeDebt(timestamp, amount, -1n);
  }

  #changeDebt(timestamp: number, amount: bigint, sign: 1n | -1n): bigint {
    const scaled = rayDiv(amount, this.debtIndexRay(timestamp));
    this.#change(timestamp, -sign * amount, sign * scaled);
    return scaled;
  }

  #change(timestamp: number, availableChange: bigint, scaledDebtChange: bigint): void {
    this.#accrue(timestamp);
    this.#storage = {
      ...this.#storage,
      available: this.#storage.available + availableChange,
      scaledDebt: this.#storage.scaledDebt + scaledDebtChange,
    };
    if (this.#curve !== undefined) this.#storage = { ...this.#storage, ...ratesBy(this.#curve, this.#storage) };
  }

  #accrue(timestamp: number): void {
    const liquidityIndexRay = this.incomeIndexRay(timestamp);
    const borrowIndexRay =
      this.#storage.scaledDebt === 0n ? this.#storage.borrowIndexRay : this.debtIndexRay(timestamp);
    this.#storage = { ...this.#storage, liquidityIndexRay, borrowIndexRay, updatedAt: timestamp };
  }

  #secondsSince(timestamp: number): bigint {
    const seconds = timestamp - this.#storage.updatedAt;
    if (!(seconds >= 0)) {
      throw new InvalidParameterError(
        "timestamp",
        timestamp,
        `not lie before the last change (${this.#storage.updatedAt})`,
      );
    }
    return BigInt(seconds);
  }
}

/** MathUtils.calculateCompoundedInterest. */
function compounded(rateRay: bigint, seconds: bigint): bigint {
  const lessOne = seconds - 1n;
  const lessTwo = seconds > 2n ? seconds - 2n : 0n;
  const squared = rayMul(rateRay, rateRay) / (SECONDS_PER_YEAR * SECONDS_PER_YEAR);
  const cubed = rayMul(squared, rateRay) / SECONDS_PER_YEAR;
  const second = (seconds * lessOne * squared) / 2n;
  const third = (seconds * lessOne * lessTwo * cubed) / 6n;
  return RAY + (rateRay * seconds) / SECONDS_PER_YEAR + second + third;
}

function ratesBy(
  curve: RateCurve,
  { scaledDebt, borrowIndexRay, available }: ReserveStorage,
): { readonly supplyRateRay: bigint; readonly borrowRateRay: bigint } {
  const debt = rayMul(scaledDebt, borrowIndexRay);
  if (debt === 0n) return { supplyRateRay: 0n, borrowRateRay: curve.baseRateRay };
  const usage = rayDiv(debt, available + debt);
  const borrowRateRay =
    usage > curve.optimalUsageRay
      ? curve.baseRateRay +
        curve.slope1Ray +
        rayMul(curve.slope2Ray, rayDiv(usage - curve.optimalUsageRay, RAY - curve.optimalUsageRay))
      : curve.baseRateRay + rayDiv(rayMul(curve.slope1Ray, usage), curve.optimalUsageRay);
  // the contract weighs the rate by the debt in ray and divides again, which rounds
  const debtRay = debt * WAD_TO_RAY;
  const overall = rayDiv(rayMul(debtRay, borrowRateRay), debtRay);
  const supplyRateRay = (rayMul(overall, usage) * (PERCENT - curve.reserveFactorBps) + PERCENT / 2n) / PERCENT;
  return { supplyRateRay, borrowRateRay };
}
