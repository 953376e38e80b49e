import { BPS, min, mulDivDown, mulDivUp, saturatingSub } from "./units.ts";

/** Shares that nobody owns; see VaultFees.sol. */
export const VIRTUAL_SHARES = 10n ** 6n;
const VALUE_SCALE = 10n ** 30n;
const INITIAL_VALUE = VALUE_SCALE / VIRTUAL_SHARES;
const YEAR_SECONDS = 31_536_000n;
const VESTING_SECONDS = 3_600n;
const PPM = 1_000_000n;
const MAX_MOVE_COST_PPM = 10_000n;
const SMOOTHING = 8n;
const MIN_MEASURED_PART = 1_000n;

/** Management and performance fee, and up to when they are paid. */
export interface FeeTerms {
  readonly managementBps: bigint;
  readonly performanceBps: bigint;
  readonly accruedAt: number;
  /** Highest value of a share so far [quote units a share unit × 1e30]; 0n = the initial one. */
  readonly highWater: bigint;
}

/**
 * VaultFees.pending: shares due to the recipient now, and the mark that paying them leaves. `navQuote` 0n = unknown, and then there is
 * no performance fee. Never throws.
 *
 * @example
 * computeFeesDue({ managementBps: 200n, performanceBps: 0n, accruedAt: 0, highWater: 0n }, 0n, 98n * 10n ** 18n, 31_536_000).shares;
 * // 2n * 10n ** 18n: 2 % of the supply after a year
 */
export function computeFeesDue(
  terms: FeeTerms,
  navQuote: bigint,
  supply: bigint,
  timestamp: number,
): { readonly shares: bigint; readonly highWater: bigint } {
  if (supply === 0n) return { shares: 0n, highWater: mulDivUp(navQuote + 1n, VALUE_SCALE, VIRTUAL_SHARES) };
  const elapsed = min(BigInt(timestamp - terms.accruedAt), YEAR_SECONDS);
  const owed = terms.managementBps * elapsed;
  const management = mulDivDown(supply, owed, BPS * YEAR_SECONDS - owed);
  if (navQuote === 0n) return { shares: management, highWater: terms.highWater };
  const counted = supply + management + VIRTUAL_SHARES;
  const value = mulDivDown(navQuote + 1n, VALUE_SCALE, counted);
  const mark = terms.highWater === 0n ? INITIAL_VALUE : terms.highWater;
  if (value <= mark) return { shares: management, highWater: terms.highWater };
  const feeQuote = (mulDivDown(value - mark, counted, VALUE_SCALE) * terms.performanceBps) / BPS;
  const paid = mulDivDown(feeQuote, counted, navQuote + 1n - feeQuote);
  return { shares: management + paid, highWater: mulDivUp(navQuote + 1n, VALUE_SCALE, counted + paid) };
}

/** FeeLedger's storage: unvested fees and the measured cost of moving funds. */
export interface FeeLedgerStorage {
  readonly lockedQuote: bigint;
  readonly uncollectedQuote: bigint;
  readonly countedAt: number;
  readonly vestsInSeconds: bigint;
  readonly moveCostPpm: bigint;
}

export const EMPTY_LEDGER: FeeLedgerStorage = {
  lockedQuote: 0n,
  uncollectedQuote: 0n,
  countedAt: 0,
  vestsInSeconds: 0n,
  moveCostPpm: 0n,
};

/**
 * FeeLedger.count: what is unvested now, with what came since the last count [quote units]. Never throws.
 *
 * @example
 * countFees(EMPTY_LEDGER, 100n, 100n, 1_800).lockedQuote; // 50n: half of the hour has passed
 */
export function countFees(
  ledger: FeeLedgerStorage,
  uncollectedNow: bigint,
  uncollectedAfter: bigint,
  timestamp: number,
): FeeLedgerStorage {
  const age = BigInt(timestamp - ledger.countedAt);
  const growth = saturatingSub(uncollectedNow, ledger.uncollectedQuote);
  const leftIn = saturatingSub(ledger.vestsInSeconds, age);
  const freshIn = saturatingSub(VESTING_SECONDS, age);
  const left = leftIn > 0n ? mulDivUp(ledger.lockedQuote, leftIn, ledger.vestsInSeconds) : 0n;
  const fresh = mulDivUp(growth, freshIn, VESTING_SECONDS);
  const lockedQuote = left + fresh;
  return {
    ...ledger,
    lockedQuote,
    uncollectedQuote: uncollectedAfter,
    countedAt: timestamp,
    vestsInSeconds: lockedQuote > 0n ? mulDivUp(left * leftIn + fresh * freshIn, 1n, lockedQuote) : 0n,
  };
}

/** The cost of moving after a keeper's action [ppm]: an eighth of the new measurement, where it traded enough to measure. */
export function measureMoveCost(
  moveCostPpm: bigint,
  navBefore: bigint,
  navAfter: bigint,
  turnoverQuote: bigint,
): bigint {
  if (turnoverQuote <= navBefore / MIN_MEASURED_PART) return moveCostPpm;
  const loss = saturatingSub(navBefore, navAfter);
  const measured = min(mulDivDown(loss, PPM, turnoverQuote), MAX_MOVE_COST_PPM);
  return (moveCostPpm * (SMOOTHING - 1n) + measured) / SMOOTHING;
}

/** FeeLedger.entryCostPpm for a hedged part worth `hedgedQuote` of a vault worth `navQuote`. */
export function entryCostPpm(moveCostPpm: bigint, hedgedQuote: bigint, navQuote: bigint): bigint {
  if (moveCostPpm === 0n || hedgedQuote <= 0n || navQuote === 0n) return 0n;
  return mulDivUp(moveCostPpm, min(hedgedQuote, navQuote), navQuote);
}

/** Assets that a deposit is left with after its entry cost. */
export function lessEntryCost(assets: bigint, ppm: bigint): bigint {
  return assets - (ppm === 0n ? 0n : mulDivUp(assets, ppm, PPM));
}
