import { InvalidParameterError } from "../../errors.ts";
import { requirePositive } from "../../math/require.ts";
import { toFloat } from "../../math/units.ts";
import { DataFileError } from "./fileError.ts";
import type { PoolEvent } from "./events.ts";

/** How the pool's tokens are to be read. */
export interface PoolUnits {
  readonly decimals0: number;
  readonly decimals1: number;
  readonly baseIsToken0: boolean;
}

/** What was traded in each bar. `activeLiquidity` is the volume's harmonic mean of it [sqrt(base · quote)], 0 where nothing was traded. */
export interface PoolVolume {
  readonly volumeQuote: Float64Array;
  readonly activeLiquidity: Float64Array;
  readonly swaps: number;
}

/**
 * Volume of a pool's swaps by bars, in quote: what came in, as fees are taken from it. A bar's fees a unit of liquidity are
 * fee · volume/activeLiquidity, as the swaps' own liquidity made them.
 *
 * Throws {@link DataFileError} when the events begin after the first bar's end or end before the last bar's start, InvalidParameterError on impossible bars.
 *
 * @example
 * computePoolVolume(events, "pool.csv", { from: 1704412800, bars: 24, barSeconds: 3600 }, { decimals0: 6, decimals1: 18, baseIsToken0: false });
 */
export function computePoolVolume(
  events: readonly PoolEvent[],
  file: string,
  window: { readonly from: number; readonly bars: number; readonly barSeconds: number },
  units: PoolUnits,
): PoolVolume {
  const { from, bars, barSeconds } = window;
  requirePositive("barSeconds", barSeconds);
  if (!(Number.isInteger(bars) && bars > 0))
    throw new InvalidParameterError("bars", bars, "be a positive whole number");
  const first = events[0]?.timestamp ?? Number.NaN;
  const last = events.at(-1)?.timestamp ?? Number.NaN;
  if (!(first < from + barSeconds && last >= from + (bars - 1) * barSeconds)) {
    const span = `${new Date(first * 1_000).toISOString()} to ${new Date(last * 1_000).toISOString()}`;
    const reason = `the events run from ${span} and do not cover the window; choose --from and --to inside`;
    throw new DataFileError({ file }, reason);
  }
  const volumeQuote = new Float64Array(bars);
  const perLiquidity = new Float64Array(bars);
  const rootScale = 10 ** ((units.decimals0 + units.decimals1) / 2);
  let swaps = 0;
  for (const event of events) {
    if (event.kind !== "swap") continue;
    const bar = Math.floor((event.timestamp - from) / barSeconds);
    if (bar < 0 || bar >= bars) continue;
    const { line, activeLiquidity } = event;
    if (activeLiquidity === 0n)
      throw new DataFileError({ file, line }, "a swap left the pool without active liquidity");
    const volume = volumeInQuote(event, units);
    volumeQuote[bar]! += volume;
    perLiquidity[bar]! += volume / (Number(activeLiquidity) / rootScale);
    swaps += 1;
  }
  const activeLiquidity = volumeQuote.map((volume, bar) => (volume === 0 ? 0 : volume / perLiquidity[bar]!));
  return { volumeQuote, activeLiquidity, swaps };
}

/** What a swap put into the pool, at the price it left. */
function volumeInQuote(event: PoolEvent, { decimals0, decimals1, baseIsToken0 }: PoolUnits): number {
  const amount0 = toFloat(event.amount0, decimals0);
  const amount1 = toFloat(event.amount1, decimals1);
  const [base, quote] = baseIsToken0 ? [amount0, amount1] : [amount1, amount0];
  if (quote > 0) return quote;
  const token1PerToken0 = (Number(event.sqrtPriceX96) / 2 ** 96) ** 2 * 10 ** (decimals0 - decimals1);
  return base * (baseIsToken0 ? token1PerToken0 : 1 / token1PerToken0);
}
