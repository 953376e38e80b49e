import { readCandles } from "../../sdk/sim/data/candles.ts";
import type { Candles } from "../../sdk/sim/data/candles.ts";
import { readPoolEvents } from "../../sdk/sim/data/events.ts";
import { readFunding } from "../../sdk/sim/data/funding.ts";
import type { Funding } from "../../sdk/sim/data/funding.ts";
import { computePoolVolume } from "../../sdk/sim/data/poolVolume.ts";
import type { PoolVolume } from "../../sdk/sim/data/poolVolume.ts";
import { DEFAULT_REPAIR } from "../../sdk/sim/data/repair.ts";
import type { DataRepair, RepairOptions } from "../../sdk/sim/data/repair.ts";
import { UsageError } from "../errors.ts";
import type { BacktestOptions } from "./options.ts";

/** What the files tell about the market. */
export interface BacktestMarket {
  readonly candles: Candles;
  readonly funding: Funding | undefined;
  readonly volume: PoolVolume | undefined;
  readonly repairs: readonly DataRepair[];
}

/** The options that name a part of the market; the price file is given. */
export type MarketOptions = Pick<
  BacktestOptions,
  "funding" | "events" | "from" | "to" | "repair" | "venue" | "baseToken" | "baseDecimals" | "quoteDecimals" | "feeApr"
> & { readonly dailyTurnover?: number; readonly prices: string };

/**
 * Reads the files that the options name. Throws DataFileError on what they hold, and {@link UsageError} on options that contradict each other.
 */
export async function readMarket(options: MarketOptions): Promise<BacktestMarket> {
  requireConsistent(options);
  const repair = repairOptions(options.repair);
  const candles = await readCandles(options.prices, { from: options.from, to: options.to, repair });
  const from = candles.bars[0]?.timestamp ?? Number.NaN;
  const to = from + candles.bars.length * candles.barSeconds;
  const funding = options.funding === undefined ? undefined : await readFunding(options.funding, { from, to, repair });
  const volume = options.events === undefined ? undefined : await readVolume(options.events, options, candles);
  return { candles, funding, volume, repairs: [...candles.repairs, ...(funding?.repairs ?? [])] };
}

function requireConsistent(options: MarketOptions): void {
  if (options.from !== undefined && options.to !== undefined && options.to <= options.from) {
    throw new UsageError("--to has to lie after --from.");
  }
  if (options.funding !== undefined && options.venue !== "perp") {
    throw new UsageError(
      "--funding belongs to --venue perp; a loan pays interest, see --borrow-rate and --supply-rate.",
    );
  }
  const sources = [
    ["--events", options.events],
    ["--fee-apr", options.feeApr],
    ["--daily-turnover", options.dailyTurnover],
  ].filter(([, value]) => value !== undefined);
  if (sources.length > 1) {
    throw new UsageError(
      `${sources.map(([name]) => name).join(" and ")} name the pool's fees twice; give one of them.`,
    );
  }
}

function repairOptions(repair: BacktestOptions["repair"]): RepairOptions | undefined {
  if (repair === undefined) return undefined;
  return repair === true ? DEFAULT_REPAIR : { maxGapHours: repair };
}

async function readVolume(file: string, options: MarketOptions, candles: Candles): Promise<PoolVolume> {
  const { baseToken, baseDecimals, quoteDecimals } = options;
  const baseIsToken0 = baseToken === "token0";
  const units = {
    decimals0: baseIsToken0 ? baseDecimals : quoteDecimals,
    decimals1: baseIsToken0 ? quoteDecimals : baseDecimals,
    baseIsToken0,
  };
  const { bars, barSeconds } = candles;
  const window = { from: bars[0]?.timestamp ?? Number.NaN, bars: bars.length, barSeconds };
  return computePoolVolume(await readPoolEvents(file), file, window, units);
}
