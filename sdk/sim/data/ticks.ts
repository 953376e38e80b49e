import { parseDecimal, parseTick } from "./cells.ts";
import { DataFileError } from "./fileError.ts";
import { placeOf, readTable, requireColumn } from "./table.ts";
import type { Table } from "./table.ts";

/** An initialised tick. Liquidity in the pool's units, as floats: published ticks are approximate. */
export interface TickLiquidity {
  readonly tick: number;
  readonly liquidityGross: number;
  /** Added when the price crosses upwards. */
  readonly liquidityNet: number;
}

/** Part of the gross liquidity that the net may miss to sum to zero: rounding of the published floats. */
const MAX_NET_RESIDUE = 1e-6;

/** Reads a pool's ticks from a CSV or Parquet file: see {@link parseTicks}. */
export async function readTicks(file: string): Promise<readonly TickLiquidity[]> {
  return parseTicks(await readTable(file));
}

/**
 * Ticks of a table with tick (or tickIdx), liquidityGross and liquidityNet, in increasing order.
 *
 * Throws {@link DataFileError} with row and reason on a missing column, a cell that is not a number, a tick out of bounds, out of order or
 * twice, a negative gross or a net beyond it, and when the nets do not cancel over the file: then some tick is missing.
 */
export function parseTicks(table: Table): readonly TickLiquidity[] {
  const tickColumn = requireColumn(table, ["tick", "tickidx", "tickindex", "index"], "the tick column is missing");
  const grossColumn = requireColumn(table, ["liquiditygross"], "the column liquidityGross is missing");
  const netColumn = requireColumn(table, ["liquiditynet"], "the column liquidityNet is missing");
  let previous = -Infinity;
  let net = 0;
  let gross = 0;
  const ticks = table.rows.map((row) => {
    const tickPlace = placeOf(table, row, tickColumn);
    const tick = parseTick(row.cells[tickColumn.index]!, tickPlace);
    if (tick === previous) throw new DataFileError(tickPlace, `the tick ${tick} appears twice`);
    if (tick < previous)
      throw new DataFileError(tickPlace, `the tick ${tick} lies below the one above; sort the file by tick`);
    previous = tick;
    const grossPlace = placeOf(table, row, grossColumn);
    const liquidityGross = parseDecimal(row.cells[grossColumn.index]!, "the gross liquidity", grossPlace);
    if (liquidityGross < 0) throw new DataFileError(grossPlace, "the gross liquidity may not be negative");
    const netPlace = placeOf(table, row, netColumn);
    const liquidityNet = parseDecimal(row.cells[netColumn.index]!, "the net liquidity", netPlace);
    if (Math.abs(liquidityNet) > liquidityGross) {
      throw new DataFileError(netPlace, `the net liquidity ${liquidityNet} exceeds the gross, ${liquidityGross}`);
    }
    net += liquidityNet;
    gross += liquidityGross;
    return { tick, liquidityGross, liquidityNet };
  });
  if (ticks.length === 0) throw new DataFileError({ file: table.file }, "the file has no ticks");
  if (Math.abs(net) > gross * MAX_NET_RESIDUE) {
    const reason = `the net liquidities sum to ${net} instead of 0 (gross ${gross}): a tick is missing or wrong`;
    throw new DataFileError({ file: table.file }, reason);
  }
  return ticks;
}

/**
 * Active liquidity at a tick, in the pool's units: the sum of the nets at and below it.
 *
 * @example
 * computeActiveLiquidity(ticks, 199_045);
 */
export function computeActiveLiquidity(ticks: readonly TickLiquidity[], tick: number): number {
  let active = 0;
  for (const { tick: at, liquidityNet } of ticks) if (at <= tick) active += liquidityNet;
  return active;
}
