import { toFloat } from "../math/units.ts";
import { exposureOf, humanRange } from "./exposure.ts";
import { redemptionOf } from "./redemption.ts";
import type { HedgeState, Situation, Snapshot, VaultState } from "./types.ts";

const WAD = 1e18;
const BPS = 10_000;
const PIPS = 1_000_000;

/** What a decision about this snapshot is taken from. */
export function situationOf(snapshot: Snapshot): Situation {
  const v = snapshot.vault;
  const hedges = v.hedges.map((hedge) => situationHedgeOf(hedge, v));
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
    hedges,
    marginFactor: hedges[0]?.marginFactor,
    waitingQuote: toFloat(
      v.hedges.reduce((sum, { waitingQuote }) => sum + waitingQuote, 0n),
      v.quote.decimals,
    ),
    redemption: redemptionOf(v),
    baseSymbol: v.base.symbol,
  };
}

function situationHedgeOf(hedge: HedgeState, v: VaultState): NonNullable<Situation["hedges"]>[number] {
  const factor = Number(hedge.marginFactorWad) / WAD;
  return {
    venue: hedge.venue,
    shortBase: Math.max(0, -toFloat(hedge.deltaBase, v.base.decimals)),
    marginFactor: factor > 0 ? factor : undefined,
    isUsable: !hedge.pending && !hedge.lost,
    ...(hedge.pending ? { pendingBase: toFloat(hedge.pendingDeltaBase, v.base.decimals) } : {}),
  };
}
