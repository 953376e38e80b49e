import { PoolRevertError } from "./revert.ts";

/** One entry of the pool's oracle; tickCumulative is int56, secondsPerLiquidityCumulativeX128 uint160, time uint32. */
export interface Observation {
  readonly blockTimestamp: number;
  readonly tickCumulative: bigint;
  readonly secondsPerLiquidityCumulativeX128: bigint;
}

const UINT32 = 2 ** 32;

/** Oracle.sol of Uniswap v3: a ring of observations, written at most once a block. Times are whole seconds modulo 2^32. */
export class ObservationRing {
  #entries: (Observation | undefined)[] = [];
  #index = 0;
  #cardinality = 0;
  #cardinalityNext = 0;
  #lastTime = 0;

  get index(): number {
    return this.#index;
  }
  get cardinality(): number {
    return this.#cardinality;
  }
  get cardinalityNext(): number {
    return this.#cardinalityNext;
  }
  /** Time of the newest entry. */
  get lastTime(): number {
    return this.#lastTime;
  }

  initialize(time: number): void {
    const first = { blockTimestamp: time, tickCumulative: 0n, secondsPerLiquidityCumulativeX128: 0n };
    this.load({ entries: [first], index: 0, cardinality: 1, cardinalityNext: 1 });
  }

  /** Takes over the ring of another pool; entries by slot, undefined where nothing was written. */
  load(ring: {
    readonly entries: readonly (Observation | undefined)[];
    readonly index: number;
    readonly cardinality: number;
    readonly cardinalityNext: number;
  }): void {
    this.#entries = [...ring.entries];
    this.#index = ring.index;
    this.#cardinality = ring.cardinality;
    this.#cardinalityNext = ring.cardinalityNext;
    this.#lastTime = ring.entries[ring.index]?.blockTimestamp ?? 0;
  }

  toStorage(): {
    readonly entries: readonly (Observation | undefined)[];
    readonly index: number;
    readonly cardinality: number;
    readonly cardinalityNext: number;
  } {
    const [index, cardinality, cardinalityNext] = [this.#index, this.#cardinality, this.#cardinalityNext];
    return { entries: [...this.#entries], index, cardinality, cardinalityNext };
  }

  /** The entry in a slot; undefined where nothing was written yet. */
  at(slot: number): Observation | undefined {
    return this.#entries[slot];
  }

  grow(next: number): void {
    if (this.#cardinality === 0) throw new PoolRevertError("I");
    this.#cardinalityNext = Math.max(this.#cardinalityNext, next);
  }

  /** Writes the tick and liquidity that held since the newest entry, unless this block has written already. */
  write(time: number, tick: number, liquidity: bigint): void {
    if (this.#lastTime === time) return;
    const last = this.#newest();
    if (this.#cardinalityNext > this.#cardinality && this.#index === this.#cardinality - 1) {
      this.#cardinality = this.#cardinalityNext;
    }
    this.#index = (this.#index + 1) % this.#cardinality;
    this.#entries[this.#index] = transform(last, time, tick, liquidity);
    this.#lastTime = time;
  }

  /**
   * Cumulative values `secondsAgo` before `time`.
   *
   * Throws PoolRevertError: I before the pool is initialised, OLD beyond what the ring remembers.
   */
  observe(time: number, secondsAgo: number, tick: number, liquidity: bigint): Omit<Observation, "blockTimestamp"> {
    if (this.#cardinality === 0) throw new PoolRevertError("I");
    const target = wrap32(time - secondsAgo);
    const newest = this.#newest();
    if (isAtOrBefore(time, newest.blockTimestamp, target)) {
      return newest.blockTimestamp === target ? newest : transform(newest, target, tick, liquidity);
    }
    const oldest = this.#entries[(this.#index + 1) % this.#cardinality] ?? this.#entries[0];
    if (oldest === undefined || !isAtOrBefore(time, oldest.blockTimestamp, target)) {
      const rememberedSeconds = wrap32(time - (oldest ?? newest).blockTimestamp);
      throw new PoolRevertError("OLD", { secondsAgo, rememberedSeconds });
    }
    const [before, after] = this.#surround(time, target);
    if (target === before.blockTimestamp) return before;
    if (target === after.blockTimestamp) return after;
    const span = BigInt(wrap32(after.blockTimestamp - before.blockTimestamp));
    const part = BigInt(wrap32(target - before.blockTimestamp));
    const seconds = after.secondsPerLiquidityCumulativeX128 - before.secondsPerLiquidityCumulativeX128;
    return {
      // the contract divides before it multiplies, towards zero
      tickCumulative: BigInt.asIntN(
        56,
        before.tickCumulative + (BigInt.asIntN(56, after.tickCumulative - before.tickCumulative) / span) * part,
      ),
      secondsPerLiquidityCumulativeX128: BigInt.asUintN(
        160,
        before.secondsPerLiquidityCumulativeX128 + (BigInt.asUintN(160, seconds) * part) / span,
      ),
    };
  }

  #newest(): Observation {
    return this.#entries[this.#index] as Observation;
  }

  #surround(time: number, target: number): readonly [Observation, Observation] {
    let low = (this.#index + 1) % this.#cardinality;
    let high = low + this.#cardinality - 1;
    for (;;) {
      const middle = Math.floor((low + high) / 2);
      const before = this.#entries[middle % this.#cardinality];
      if (before === undefined) {
        low = middle + 1;
        continue;
      }
      const after = this.#entries[(middle + 1) % this.#cardinality];
      const isAfterBefore = isAtOrBefore(time, before.blockTimestamp, target);
      if (isAfterBefore && after !== undefined && isAtOrBefore(time, target, after.blockTimestamp)) {
        return [before, after];
      }
      if (isAfterBefore) low = middle + 1;
      else high = middle - 1;
    }
  }
}

function transform(last: Observation, time: number, tick: number, liquidity: bigint): Observation {
  const delta = BigInt(wrap32(time - last.blockTimestamp));
  return {
    blockTimestamp: time,
    tickCumulative: BigInt.asIntN(56, last.tickCumulative + BigInt(tick) * delta),
    secondsPerLiquidityCumulativeX128: BigInt.asUintN(
      160,
      last.secondsPerLiquidityCumulativeX128 + (delta << 128n) / (liquidity > 0n ? liquidity : 1n),
    ),
  };
}

/** a <= b on the clock of 32 bits that stands at `time`. */
function isAtOrBefore(time: number, a: number, b: number): boolean {
  const unwrap = (moment: number): number => (moment > time ? moment - UINT32 : moment);
  return unwrap(a) <= unwrap(b);
}

function wrap32(seconds: number): number {
  return ((seconds % UINT32) + UINT32) % UINT32;
}
