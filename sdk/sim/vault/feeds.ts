import type { ExactPool } from "../../exact/pool/pool.ts";
import { PoolRevertError } from "../../exact/pool/revert.ts";
import { computeSqrtPriceX96Down } from "../../exact/priceMath.ts";
import { getSqrtRatioAtTick } from "../../exact/tickMath.ts";
import { OracleFlag } from "../../policy/types.ts";
import { BPS, type PairScale, WAD } from "./units.ts";

/** Chainlink's answers have 8 decimals. */
const FEED_UNIT = 10n ** 8n;

/** When a feed's node sends a new round. */
export interface FeedRule {
  readonly deviationBps: number;
  readonly heartbeatSeconds: number;
}

/** A feed's latest round. */
export interface FeedRound {
  readonly answer: bigint;
  readonly updatedAt: number;
}

/** Bounds of ChainlinkOracle. */
export interface OracleBounds {
  readonly baseHeartbeatSeconds: number;
  readonly quoteHeartbeatSeconds: number;
  readonly twapWindowSeconds: number;
  readonly maxSpotDeviationBps: number;
  readonly maxTwapDeviationBps: number;
  readonly maxDepegBps: number;
  readonly bandBps: number;
}

export interface OracleReading {
  readonly priceWad: bigint;
  readonly flags: bigint;
  readonly bandBps: bigint;
}

/**
 * Chainlink's rule: the answer moved by the deviation, or the last round is a heartbeat old. Never throws.
 *
 * @example
 * isRoundDue({ deviationBps: 50, heartbeatSeconds: 3_600 }, { answer: 1_000n, updatedAt: 0 }, 1_005n, 12); // true
 */
export function isRoundDue(rule: FeedRule, last: FeedRound, answer: bigint, timestamp: number): boolean {
  const moved = answer > last.answer ? answer - last.answer : last.answer - answer;
  return (
    moved * 10_000n >= BigInt(rule.deviationBps) * last.answer || timestamp - last.updatedAt >= rule.heartbeatSeconds
  );
}

/** ChainlinkOracle over two simulated feeds, without a sequencer. */
export class SimulatedOracle {
  readonly bounds: OracleBounds;
  readonly #pair: PairScale;
  base: FeedRound;
  quote: FeedRound;

  constructor(pair: PairScale, bounds: OracleBounds, rounds: { readonly base: FeedRound; readonly quote: FeedRound }) {
    this.#pair = pair;
    this.bounds = bounds;
    this.base = rounds.base;
    this.quote = rounds.quote;
  }

  /** ChainlinkOracle.read. The pool must stand at `timestamp`. */
  read(pool: ExactPool, timestamp: number, withAverage: boolean): OracleReading {
    const { bounds } = this;
    const priceWad = (this.base.answer * FEED_UNIT * WAD) / (this.quote.answer * FEED_UNIT);
    let flags = this.spotFlags(pool, priceWad);
    if (timestamp - this.base.updatedAt > bounds.baseHeartbeatSeconds) flags |= OracleFlag.baseStale;
    if (timestamp - this.quote.updatedAt > bounds.quoteHeartbeatSeconds) flags |= OracleFlag.quoteStale;
    const depeg = BigInt(bounds.maxDepegBps);
    const answer = this.quote.answer * BPS;
    if (answer < FEED_UNIT * (BPS - depeg) || answer > FEED_UNIT * (BPS + depeg)) flags |= OracleFlag.depeg;
    if (withAverage && !this.#isAverageWithin(pool, priceWad)) flags |= OracleFlag.twapDeviation;
    return { priceWad, flags, bandBps: BigInt(bounds.bandBps) };
  }

  /** ChainlinkOracle.spotFlags. */
  spotFlags(pool: ExactPool, priceWad: bigint): bigint {
    return this.#isWithin(pool.sqrtPriceX96, priceWad, this.bounds.maxSpotDeviationBps) ? 0n : OracleFlag.spotDeviation;
  }

  #isAverageWithin(pool: ExactPool, priceWad: bigint): boolean {
    try {
      const window = BigInt(this.bounds.twapWindowSeconds);
      const grown = pool.observe(0).tickCumulative - pool.observe(this.bounds.twapWindowSeconds).tickCumulative;
      return this.#isWithin(getSqrtRatioAtTick(Number(grown / window)), priceWad, this.bounds.maxTwapDeviationBps);
    } catch (error) {
      if (error instanceof PoolRevertError) return false; // as the contract: unknown is not healthy
      throw error;
    }
  }

  /** PriceMath.isWithin. */
  #isWithin(spotX96: bigint, priceWad: bigint, deviationBps: number): boolean {
    const oracleX96 = computeSqrtPriceX96Down(priceWad, this.#pair);
    const [numerator, denominator] = this.#pair.baseIsToken0 ? [spotX96, oracleX96] : [oracleX96, spotX96];
    if (numerator > 2n * denominator || denominator > 2n * numerator) return false;
    const root = (numerator * WAD) / denominator;
    const ratio = (root * root) / WAD;
    const bps = BigInt(deviationBps);
    return ratio * BPS >= WAD * (BPS - bps) && ratio * BPS <= WAD * (BPS + bps);
  }
}
