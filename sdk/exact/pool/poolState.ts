import { MAX_UINT128 } from "../fullMath.ts";
import { getTickAtSqrtRatio } from "../tickMath.ts";
import { ObservationRing } from "./observations.ts";
import { Segment } from "./segment.ts";
import { TickTable } from "./tickTable.ts";

/** What a pool stores of one position; fee growth is Q128.128, uint256, tokensOwed uint128 raw units. */
export interface PositionInfo {
  readonly liquidity: bigint;
  readonly feeGrowthInside0LastX128: bigint;
  readonly feeGrowthInside1LastX128: bigint;
  readonly tokensOwed0: bigint;
  readonly tokensOwed1: bigint;
}

/** Storage of a pool, for the functions of this folder to change; callers hold an {@link ExactPool}. */
export class PoolState {
  readonly feePips: bigint;
  readonly ticks: TickTable;
  readonly observations = new ObservationRing();
  readonly positions = new Map<string, PositionInfo>();
  readonly segment = new Segment();

  /** Of the block that is being run, modulo 2^32. */
  time = 0;
  isInitialized = false;
  sqrtPriceX96 = 0n;
  liquidity = 0n;
  feeGrowthGlobal0X128 = 0n;
  feeGrowthGlobal1X128 = 0n;
  /** 0 = off, else one part in so many of the fee of swaps that pay in the token. */
  feeProtocol0 = 0n;
  feeProtocol1 = 0n;
  protocolFees0 = 0n;
  protocolFees1 = 0n;
  /** Whether `segment` belongs to the state as it is. */
  isPlaced = false;
  #tick = 0;
  /** False when the tick is the one of the price and nobody has asked yet. */
  #isTickKnown = true;

  constructor(feePips: number, tickSpacing: number) {
    this.feePips = BigInt(feePips);
    this.ticks = new TickTable(tickSpacing);
  }

  get tick(): number {
    if (!this.#isTickKnown) {
      this.#tick = getTickAtSqrtRatio(this.sqrtPriceX96);
      this.#isTickKnown = true;
    }
    return this.#tick;
  }

  /** Moves to a price whose tick is the one below it; the price must differ from the one before. */
  moveTo(sqrtPriceX96: bigint): void {
    this.sqrtPriceX96 = sqrtPriceX96;
    this.#isTickKnown = false;
  }

  /** Moves to a price with the tick that the contract sets there: a swap that falls onto a stop is one tick below it. */
  moveToStop(sqrtPriceX96: bigint, tick: number): void {
    this.sqrtPriceX96 = sqrtPriceX96;
    this.#tick = tick;
    this.#isTickKnown = true;
    this.isPlaced = false;
  }

  /** The segment of the current state. */
  placedSegment(): Segment {
    if (!this.isPlaced) {
      this.segment.place(this.ticks, this.tick, this.liquidity);
      this.isPlaced = true;
    }
    return this.segment;
  }

  addProtocolFee(isToken0: boolean, amount: bigint): void {
    if (isToken0) this.protocolFees0 = (this.protocolFees0 + amount) & MAX_UINT128;
    else this.protocolFees1 = (this.protocolFees1 + amount) & MAX_UINT128;
  }
}
