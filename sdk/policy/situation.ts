import { exposureOf, humanRange } from "./exposure.ts";
import type { Situation, Snapshot } from "./types.ts";

const WAD = 1e18;
const BPS = 10_000;
const PIPS = 1_000_000;

/** What a decision about this snapshot is taken from. */
export function situationOf(snapshot: Snapshot): Situation {
  const v = snapshot.vault;
  const factor = Number(v.hedges[0]?.marginFactorWad ?? 0n) / WAD;
  return {
    blockNumber: snapshot.blockNumber,
    blockHash: snapshot.blockHash,
    timestamp: snapshot.timestamp,
    exposure: exposureOf(snapshot),
    ranges: v.ranges.map((range) => humanRange(range, v)),
    pool: {
      feeFraction: v.pool.feePips / PIPS,
      liquidity: humanRange({ tickLower: 0, tickUpper: 1, liquidity: v.pool.liquidity }, v).liquidity,
    },
    limits: {
      maxDeltaFraction: Number(v.policy.params.maxDeltaBps) / BPS,
      cooldownEndsAt: Number(v.lastActionAt + v.policy.params.cooldownSeconds),
      healthFloor: Number(v.healthFloorNowWad) / WAD,
    },
    status: {
      oracleFlags: v.oracle.flags,
      hedgeLost: v.book.lost,
      hedgePending: v.book.pending,
      windDown: v.windDown,
      degraded: v.degraded,
    },
    marginFactor: factor > 0 ? factor : undefined,
    baseSymbol: v.base.symbol,
  };
}
