import { parseTick, parseTime, parseWhole, requireSameUnit } from "./cells.ts";
import type { TimeUnit } from "./cells.ts";
import { DataFileError } from "./fileError.ts";
import { placeOf, readTable, requireColumn } from "./table.ts";
import type { Column, Table, TableRow } from "./table.ts";

interface EventBase {
  readonly line: number;
  readonly blockNumber: number;
  /** Unix seconds of the block. */
  readonly timestamp: number;
  readonly logIndex: number;
  /** In the token's smallest unit; of a swap + what the pool received. */
  readonly amount0: bigint;
  readonly amount1: bigint;
  /** Of the pool after the event. */
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly activeLiquidity: bigint;
}

/** One event, amounts exact. */
export type PoolEvent =
  | (EventBase & { readonly kind: "swap" })
  | (EventBase & {
      readonly kind: "mint" | "burn" | "collect";
      readonly tickLower: number;
      readonly tickUpper: number;
      /** Added or removed; undefined in a collect. */
      readonly liquidity: bigint | undefined;
    });

const MIN_SQRT_PRICE = 4_295_128_739n;
const MAX_SQRT_PRICE = 1_461_446_703_485_210_103_287_273_052_203_988_822_378_723_970_342n;
const MAX_UINT128 = (1n << 128n) - 1n;

/**
 * Reads the events of one pool from a CSV or Parquet file: see {@link parsePoolEvents}.
 */
export async function readPoolEvents(file: string): Promise<readonly PoolEvent[]> {
  return parsePoolEvents(await readTable(file));
}

/**
 * Events of a table with the columns block_number, block_timestamp, tx_type (SWAP, MINT, BURN, COLLECT), log_index, amount0, amount1,
 * total_liquidity, sqrtPriceX96, current_tick, tick_lower, tick_upper and liquidity, in order of block and log.
 *
 * Throws {@link DataFileError} with line, column and reason on a missing column, an amount that is not a whole number, a square-root price
 * or tick out of bounds, a tick that does not fit its price, a swap with both amounts of one sign, ranges the wrong way round, an unknown
 * type, rows out of order and one event twice. Events are never repaired: an order that is wrong says that something is missing.
 */
export function parsePoolEvents(table: Table): readonly PoolEvent[] {
  const column = (spelling: string): Column =>
    requireColumn(table, [spelling.replaceAll("_", "").toLowerCase()], `the column ${spelling} is missing`);
  const columns: EventColumns = {
    block: column("block_number"),
    time: column("block_timestamp"),
    type: column("tx_type"),
    log: column("log_index"),
    amount0: column("amount0"),
    amount1: column("amount1"),
    active: column("total_liquidity"),
    sqrtPrice: column("sqrtPriceX96"),
    tick: column("current_tick"),
    lower: column("tick_lower"),
    upper: column("tick_upper"),
    liquidity: column("liquidity"),
  };
  if (table.rows.length === 0) throw new DataFileError({ file: table.file }, "the file has no events");
  const events: PoolEvent[] = [];
  let unit: TimeUnit | undefined;
  for (const row of table.rows) {
    const place = placeOf(table, row, columns.time);
    const time = parseTime(row.cells[columns.time.index]!, place);
    if (time.isOffset) throw new DataFileError(place, "the time is not in UTC; write it in UTC");
    unit ??= time.unit;
    requireSameUnit(unit, time, place);
    const event = parseEvent(table, row, columns, time.seconds);
    requireOrder(table, row, columns, event, events.at(-1));
    events.push(event);
  }
  return events;
}

interface EventColumns {
  readonly block: Column;
  readonly time: Column;
  readonly type: Column;
  readonly log: Column;
  readonly amount0: Column;
  readonly amount1: Column;
  readonly active: Column;
  readonly sqrtPrice: Column;
  readonly tick: Column;
  readonly lower: Column;
  readonly upper: Column;
  readonly liquidity: Column;
}

function parseEvent(table: Table, row: TableRow, columns: EventColumns, timestamp: number): PoolEvent {
  const refuse = (column: Column, reason: string): never => {
    throw new DataFileError(placeOf(table, row, column), reason);
  };
  const whole = (column: Column, what: string): bigint =>
    parseWhole(row.cells[column.index]!, what, placeOf(table, row, column));
  const count = (column: Column, what: string): number => {
    const value = whole(column, what);
    return value >= 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)
      ? Number(value)
      : refuse(column, `${value} is no ${what}`);
  };
  const tickAt = (column: Column): number => parseTick(row.cells[column.index]!, placeOf(table, row, column));

  const type = row.cells[columns.type.index]!.toLowerCase();
  if (type !== "swap" && type !== "mint" && type !== "burn" && type !== "collect") {
    return refuse(columns.type, `${JSON.stringify(type)} is none of SWAP, MINT, BURN, COLLECT`);
  }
  const sqrtPriceX96 = whole(columns.sqrtPrice, "the square-root price");
  if (sqrtPriceX96 < MIN_SQRT_PRICE || sqrtPriceX96 >= MAX_SQRT_PRICE) {
    refuse(
      columns.sqrtPrice,
      `the square-root price ${sqrtPriceX96} is outside of Uniswap's bounds; it is token1 per token0, Q64.96`,
    );
  }
  const tick = tickAt(columns.tick);
  const tickOfPrice = (2 * Math.log(Number(sqrtPriceX96) / 2 ** 96)) / Math.log(1.0001);
  // A price exactly on a tick may belong to the one below after a swap downwards.
  if (Math.abs(tick + 0.5 - tickOfPrice) > 1.5) {
    refuse(columns.tick, `the tick ${tick} does not fit the price, which is at tick ${tickOfPrice.toFixed(1)}`);
  }
  const activeLiquidity = whole(columns.active, "the active liquidity");
  if (activeLiquidity < 0n || activeLiquidity > MAX_UINT128) {
    refuse(columns.active, `the active liquidity ${activeLiquidity} is not between 0 and 2^128`);
  }
  const base = {
    line: row.line,
    blockNumber: count(columns.block, "block number"),
    timestamp,
    logIndex: count(columns.log, "log index"),
    amount0: whole(columns.amount0, "amount0"),
    amount1: whole(columns.amount1, "amount1"),
    sqrtPriceX96,
    tick,
    activeLiquidity,
  };
  if (type === "swap") {
    const isOneWay = (base.amount0 > 0n && base.amount1 > 0n) || (base.amount0 < 0n && base.amount1 < 0n);
    if (isOneWay)
      refuse(columns.amount1, "both amounts of a swap have the same sign; one goes in, the other comes out");
    return { ...base, kind: "swap" };
  }
  if (base.amount0 < 0n || base.amount1 < 0n) refuse(columns.amount0, `the amounts of a ${type} may not be negative`);
  const tickLower = tickAt(columns.lower);
  const tickUpper = tickAt(columns.upper);
  if (tickLower >= tickUpper)
    refuse(columns.upper, `the upper tick ${tickUpper} is not above the lower one, ${tickLower}`);
  const liquidity = type === "collect" ? undefined : whole(columns.liquidity, "the liquidity");
  if (liquidity !== undefined && liquidity < 0n) refuse(columns.liquidity, "the liquidity may not be negative");
  return { ...base, kind: type, tickLower, tickUpper, liquidity };
}

function requireOrder(
  table: Table,
  row: TableRow,
  columns: EventColumns,
  event: PoolEvent,
  previous: PoolEvent | undefined,
): void {
  if (previous === undefined) return;
  const blocks = event.blockNumber - previous.blockNumber;
  if (blocks === 0 && event.logIndex === previous.logIndex) {
    const reason = `the event ${event.blockNumber}/${event.logIndex} appears twice, first at ${table.unit} ${previous.line}`;
    throw new DataFileError(placeOf(table, row, columns.log), reason);
  }
  if (blocks < 0 || (blocks === 0 && event.logIndex < previous.logIndex)) {
    const column = blocks < 0 ? columns.block : columns.log;
    throw new DataFileError(
      placeOf(table, row, column),
      "the event lies before the one above; sort by block and log index",
    );
  }
  if (event.timestamp < previous.timestamp || (blocks === 0 && event.timestamp !== previous.timestamp)) {
    throw new DataFileError(placeOf(table, row, columns.time), "the time contradicts the order of the blocks");
  }
}
