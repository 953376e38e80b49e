import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { parse } from "csv-parse/sync";

const DATA = path.join(import.meta.dirname, "../../../../../shared/data");
const EVENTS = path.join(DATA, "uniswap-v3-usdc-weth-5bp-2024-01-05.csv");
const MINTS_AND_BURNS = path.join(DATA, "uniswap-v3-mint-burn-2024-01-05.json");

/** What tests say when the recorded day is not on this machine. */
export const MAINNET_DAY_ABSENT = "is skipped: the recorded day is not beside the project (../shared/data)";

interface EventBase {
  readonly blockNumber: number;
  readonly logIndex: number;
  /** Unix seconds. */
  readonly timestamp: number;
  readonly amount0: bigint;
  readonly amount1: bigint;
}

/** One event of the pool, as its log says. */
export type PoolEvent =
  | (EventBase & {
      readonly kind: "swap";
      readonly sqrtPriceX96: bigint;
      readonly tick: number;
      readonly liquidity: bigint;
    })
  | (EventBase & {
      readonly kind: "mint" | "burn" | "collect";
      readonly owner: string;
      readonly tickLower: number;
      readonly tickUpper: number;
      /** 0n for a collect. */
      readonly liquidity: bigint;
    });

/** All events of the USDC/WETH 0.05 % pool on 2024-01-05 in their order; undefined where they are absent. */
export function readMainnetDay(): readonly PoolEvent[] | undefined {
  if (!existsSync(EVENTS)) return undefined;
  const rows = parse<Record<string, string>>(readFileSync(EVENTS), { columns: true });
  return rows.map((row): PoolEvent => {
    const text = (column: string): string => row[column] ?? "";
    const base = {
      blockNumber: Number(text("block_number")),
      logIndex: Number(text("log_index")),
      timestamp: Date.parse(`${text("block_timestamp").replace(" ", "T")}Z`) / 1_000,
      amount0: BigInt(text("amount0")),
      amount1: BigInt(text("amount1")),
    };
    if (text("tx_type") === "SWAP") {
      return {
        ...base,
        kind: "swap",
        sqrtPriceX96: BigInt(text("sqrtPriceX96")),
        tick: Number(text("current_tick")),
        liquidity: BigInt(text("total_liquidity")),
      };
    }
    return {
      ...base,
      kind: text("tx_type").toLowerCase() as "mint" | "burn" | "collect",
      owner: text("sender"),
      tickLower: Number(text("tick_lower")),
      tickUpper: Number(text("tick_upper")),
      liquidity: BigInt(text("liquidity") === "" ? "0" : text("liquidity")),
    };
  });
}

/** A mint or burn with the pool's price when it happened. */
export interface RangeAmounts {
  readonly event: "Mint" | "Burn";
  readonly sqrtPriceX96: bigint;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly liquidity: bigint;
  readonly amount0: bigint;
  readonly amount1: bigint;
}

/** 124 mints and burns of that day's USDC/WETH pools; undefined where they are absent. */
export function readMintsAndBurns(): readonly RangeAmounts[] | undefined {
  if (!existsSync(MINTS_AND_BURNS)) return undefined;
  const rows = JSON.parse(readFileSync(MINTS_AND_BURNS, "utf8")) as Record<string, string | number>[];
  return rows.map((row) => ({
    event: row["event"] as "Mint" | "Burn",
    sqrtPriceX96: BigInt(row["sqrtPriceX96"] ?? 0),
    tickLower: Number(row["tickLower"]),
    tickUpper: Number(row["tickUpper"]),
    liquidity: BigInt(row["liquidity"] ?? 0),
    amount0: BigInt(row["amount0"] ?? 0),
    amount1: BigInt(row["amount1"] ?? 0),
  }));
}

export const MAINNET_TICK_SPACING = 10;

/**
 * The pool's liquidity at the start of the day between two usable ticks, by the lower one divided by the spacing: every swap
 * says what the liquidity is where it ended, and what was minted and burnt there since is known.
 *
 * Throws when two swaps contradict each other.
 */
export function deriveStartLiquidity(events: readonly PoolEvent[]): ReadonlyMap<number, bigint> {
  const profile = new Map<number, bigint>();
  const changes: { readonly tickLower: number; readonly tickUpper: number; readonly delta: bigint }[] = [];
  for (const event of events) {
    if (event.kind === "mint" || event.kind === "burn") {
      changes.push({ ...event, delta: event.kind === "mint" ? event.liquidity : -event.liquidity });
    } else if (event.kind === "swap") {
      const since = changes
        .filter(({ tickLower, tickUpper }) => tickLower <= event.tick && event.tick < tickUpper)
        .reduce((sum, { delta }) => sum + delta, 0n);
      const compressed = Math.floor(event.tick / MAINNET_TICK_SPACING);
      const start = event.liquidity - since;
      const known = profile.get(compressed);
      if (known !== undefined && known !== start) {
        throw new Error(`Block ${event.blockNumber} log ${event.logIndex}: liquidity ${start}, before it was ${known}`);
      }
      profile.set(compressed, start);
    }
  }
  return profile;
}
