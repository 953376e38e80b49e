import type { Plan, PolicyParams } from "../../policy/types.ts";
import type { Book } from "./book.ts";
import { VaultRevertError } from "./errors.ts";
import { MAX_VOLATILITY_BPS } from "./realizedVolatility.ts";
import { abs, BPS, mulDivDown, mulDivUp, type PairScale, saturatingSub, scaleOf } from "./units.ts";

const FULL = 10n ** 31n;
const PERIOD_SECONDS = 86_400n;
const WAD_PER_SQUARE_BPS = 10n ** 10n;

interface PolicyStorage {
  readonly lossLevel: bigint;
  readonly turnoverLevel: bigint;
  readonly bucketsAt: number;
  readonly lastActionAt: number;
}

/** RiskPolicy: the bounds of every keeper's action, and the two leaky buckets. */
export class SimulatedPolicy {
  readonly params: PolicyParams;
  readonly #pair: PairScale;
  #storage: PolicyStorage = { lossLevel: 0n, turnoverLevel: 0n, bucketsAt: 0, lastActionAt: 0 };

  constructor(pair: PairScale, params: PolicyParams) {
    this.#pair = pair;
    this.params = params;
  }

  get lastActionAt(): number {
    return this.#storage.lastActionAt;
  }

  save(): PolicyStorage {
    return this.#storage;
  }

  restore(storage: PolicyStorage): void {
    this.#storage = storage;
  }

  /** Lowest health of a hedge at a realised volatility [bps a year]. */
  healthFloorWad(volatilityBps: bigint): bigint {
    return this.params.healthFloorWad + volatilityBps * this.params.healthPerVolatilityBps * WAD_PER_SQUARE_BPS;
  }

  bucketQuote(navQuote: bigint, timestamp: number): bigint {
    const capacity = capacityOf(navQuote, this.params.maxLossBpsPerDay);
    return levelQuote(this.#drained(this.#storage.lossLevel, timestamp), capacity);
  }

  turnoverBucketQuote(navQuote: bigint, timestamp: number): bigint {
    const capacity = capacityOf(navQuote, this.params.maxTurnoverBpsPerDay);
    return levelQuote(this.#drained(this.#storage.turnoverLevel, timestamp), capacity);
  }

  /** RiskPolicy.enforce; realised volatility is only measured where the floor depends on it. Throws VaultRevertError with the contract's reasons. */
  enforce(
    before: Book,
    afterwards: Book,
    promise: Plan["promise"],
    turnoverQuote: bigint,
    timestamp: number,
    measureVolatilityBps: () => bigint,
  ): void {
    const floorWad = this.#floorFor(afterwards, measureVolatilityBps);
    const readyAt = this.#storage.lastActionAt + Number(this.params.cooldownSeconds);
    if (timestamp < readyAt && !riskFell(before, afterwards, floorWad)) {
      throw new VaultRevertError("CoolingDown", BigInt(readyAt));
    }
    this.#requireBounds(before, afterwards, floorWad);
    if (abs(afterwards.deltaBase) > promise.maxResidualDeltaBase) {
      throw new VaultRevertError("PromisedDeltaMissed", afterwards.deltaBase, promise.maxResidualDeltaBase);
    }
    const loss = saturatingSub(before.navQuote, afterwards.navQuote);
    if (loss > promise.maxLossQuote) throw new VaultRevertError("PromisedLossExceeded", loss, promise.maxLossQuote);
    this.#charge(before, afterwards, loss, turnoverQuote, timestamp);
  }

  /** A health above any floor that there can be is not asked further. */
  #floorFor({ healthWad }: Book, measureVolatilityBps: () => bigint): bigint {
    const highest = this.healthFloorWad(MAX_VOLATILITY_BPS);
    return healthWad < highest ? this.healthFloorWad(measureVolatilityBps()) : highest;
  }

  #requireBounds(before: Book, afterwards: Book, floorWad: bigint): void {
    const deltaAfter = abs(afterwards.deltaBase);
    const limit = mulDivDown(
      (afterwards.navQuote * this.params.maxDeltaBps) / BPS,
      scaleOf(this.#pair),
      afterwards.priceWad,
    );
    const isSameSign = before.deltaBase >= 0n === afterwards.deltaBase >= 0n;
    if (deltaAfter > limit && !(isSameSign && deltaAfter < abs(before.deltaBase))) {
      throw new VaultRevertError("DeltaOutsideBand", afterwards.deltaBase, limit);
    }
    if (afterwards.healthWad < floorWad && afterwards.healthWad < before.healthWad) {
      throw new VaultRevertError("HealthBelowFloor", afterwards.healthWad, floorWad);
    }
  }

  #charge(before: Book, afterwards: Book, loss: bigint, turnover: bigint, timestamp: number): void {
    let lossLevel = this.#drained(this.#storage.lossLevel, timestamp);
    let turnoverLevel = this.#drained(this.#storage.turnoverLevel, timestamp);
    if (loss > 0n) {
      const capacity = capacityOf(before.navQuote, this.params.maxLossBpsPerDay);
      if (capacity === 0n) throw new VaultRevertError("LossBudgetExceeded", loss, 0n);
      lossLevel += mulDivUp(loss, FULL, capacity);
      if (lossLevel > FULL) throw new VaultRevertError("LossBudgetExceeded", levelQuote(lossLevel, capacity), capacity);
    }
    if (turnover > 0n) {
      const capacity = capacityOf(before.navQuote, this.params.maxTurnoverBpsPerDay);
      const deltaFell = abs(afterwards.deltaBase) < abs(before.deltaBase);
      if (capacity === 0n && !deltaFell) throw new VaultRevertError("TurnoverExceeded", turnover, 0n);
      if (capacity !== 0n) turnoverLevel += mulDivUp(turnover, FULL, capacity);
      if (turnoverLevel > FULL) {
        if (!deltaFell) throw new VaultRevertError("TurnoverExceeded", levelQuote(turnoverLevel, capacity), capacity);
        turnoverLevel = FULL;
      }
    }
    this.#storage = { lossLevel, turnoverLevel, bucketsAt: timestamp, lastActionAt: timestamp };
  }

  #drained(level: bigint, timestamp: number): bigint {
    return saturatingSub(level, mulDivDown(FULL, BigInt(timestamp - this.#storage.bucketsAt), PERIOD_SECONDS));
  }
}

function riskFell(before: Book, afterwards: Book, floorWad: bigint): boolean {
  const [deltaBefore, deltaAfter] = [abs(before.deltaBase), abs(afterwards.deltaBase)];
  if (deltaAfter < deltaBefore) return afterwards.healthWad >= floorWad || afterwards.healthWad >= before.healthWad;
  return deltaAfter === deltaBefore && afterwards.healthWad > before.healthWad;
}

function levelQuote(level: bigint, capacity: bigint): bigint {
  const rest = (level * capacity) % FULL;
  return (level * capacity) / FULL + (rest > FULL / 1_000_000n ? 1n : 0n);
}

function capacityOf(navQuote: bigint, bps: bigint): bigint {
  return (navQuote * bps) / (2n * BPS);
}
