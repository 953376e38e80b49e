import { ExactPool, type PoolStorage } from "../../../../sdk/exact/pool/pool.ts";
import { PoolRevertError } from "../../../../sdk/exact/pool/revert.ts";
import type { SwapResult } from "../../../../sdk/exact/pool/swap.ts";
import { MAX_SQRT_RATIO, MIN_SQRT_RATIO } from "../../../../sdk/exact/tickMath.ts";
import { deriveStartLiquidity, MAINNET_TICK_SPACING, type PoolEvent } from "./mainnetDay.ts";

const PARAMETERS = { feePips: 500, tickSpacing: MAINNET_TICK_SPACING };
/** Liquidity of which nothing is known but that it is more than a day takes away. */
const PLENTY = 1n << 90n;
/** Holds the ranges of many, some of them from earlier days, as one position of the pool. */
const POSITION_MANAGER = "0xc36442b4a4522e871399cd717abdd847ab11fe88";
const UNTOUCHED = { feeGrowthOutside0X128: 0n, feeGrowthOutside1X128: 0n };

type SwapEvent = Extract<PoolEvent, { kind: "swap" }>;
type RangeEvent = Exclude<PoolEvent, { kind: "swap" }>;

const COUNTED = { mint: "mints", burn: "burns", collect: "collectsOfTheDay" } as const;

/** What a replay found. */
export interface Replay {
  /** Swaps compared: both amounts, price, tick and liquidity. */
  readonly swaps: number;
  readonly crossingSwaps: number;
  readonly crossings: number;
  readonly mints: number;
  readonly burns: number;
  /** Collects of positions that were born this day, whose fees are therefore known to the unit. */
  readonly collectsOfTheDay: number;
  /** Events that came out otherwise. */
  readonly unequal: readonly string[];
  /** Swaps that passed a place where no swap ended all day, and whose liquidity they do not settle either. Not counted as swaps. */
  readonly undetermined: readonly string[];
  /** Swaps that told what the events before them did not: ticks of no net liquidity, or the liquidity between two ticks. */
  readonly inferred: readonly string[];
}

/**
 * Runs the events of a day through the exact pool, from the state after the first swap on.
 *
 * The ticks that exist at the start are where the liquidity of the profile changes, and where positions of earlier days are burnt.
 * Left open are ticks of no net liquidity, which matter to the roundings only, and places where no swap ended; both are settled
 * by the first swap that passes there, and hold for all later ones.
 */
export function replayMainnetDay(events: readonly PoolEvent[]): Replay {
  const first = events.findIndex(({ kind }) => kind === "swap");
  const start = events[first] as SwapEvent;
  const profile = new Map(deriveStartLiquidity(events));
  let pool = ExactPool.fromStorage(PARAMETERS, createStorage(start, profile, events));
  const seen = { swaps: 0, crossingSwaps: 0, crossings: 0, mints: 0, burns: 0, collectsOfTheDay: 0 };
  const unequal: string[] = [];
  const undetermined: string[] = [];
  const inferred: string[] = [];
  const born = new Set<string>();

  for (const event of events.slice(first + 1)) {
    const where = `${event.kind} in block ${event.blockNumber}, log ${event.logIndex}`;
    pool.advanceTo(event.timestamp);
    if (event.kind !== "swap") {
      const outcome = runOnRange(pool, event, born);
      if (outcome === "unequal") unequal.push(where);
      if (outcome !== "unknown") seen[COUNTED[event.kind]]++;
      continue;
    }
    let found = reproduce(pool, event);
    if (found === undefined) {
      const better = infer(pool, event, profile);
      found = better === undefined ? undefined : reproduce(better, event);
      if (found !== undefined) inferred.push(where);
    }
    if (found === undefined) {
      (passesUnknown(pool, event, profile) ? undetermined : unequal).push(where);
      const { sqrtPriceX96, tick, liquidity } = event;
      pool = ExactPool.fromStorage(PARAMETERS, { ...pool.toStorage(), sqrtPriceX96, tick, liquidity });
    } else {
      ({ pool } = found);
      seen.swaps++;
      seen.crossings += found.crossings;
      if (found.crossings > 0) seen.crossingSwaps++;
    }
  }
  return { ...seen, unequal, undetermined, inferred };
}

function runOnRange(pool: ExactPool, event: RangeEvent, born: Set<string>): "equal" | "unequal" | "unknown" {
  const { owner, tickLower, tickUpper, liquidity } = event;
  const range = { owner, tickLower, tickUpper };
  const key = `${owner}:${tickLower}:${tickUpper}`;
  if (event.kind === "mint" && owner !== POSITION_MANAGER && pool.position(range) === undefined) born.add(key);
  if (event.kind === "collect" && !born.has(key)) return "unknown";
  const { amount0, amount1 } =
    event.kind === "mint"
      ? pool.mint(range, liquidity)
      : event.kind === "burn"
        ? pool.burn(range, liquidity)
        : pool.collect(range, event.amount0, event.amount1);
  // Whoever is owed more may have asked for less; whoever is owed less gets less than the event says.
  return amount0 === event.amount0 && amount1 === event.amount1 ? "equal" : "unequal";
}

/** The swap on a copy, however it was asked for, which an event does not say; undefined when no way gives the event. */
function reproduce(
  pool: ExactPool,
  event: SwapEvent,
): { readonly pool: ExactPool; readonly crossings: number } | undefined {
  const zeroForOne = event.amount0 > 0n || event.amount1 < 0n;
  const end = zeroForOne ? MIN_SQRT_RATIO + 1n : MAX_SQRT_RATIO - 1n;
  const [input, output] = zeroForOne ? [event.amount0, event.amount1] : [event.amount1, event.amount0];
  const storage = pool.toStorage();
  for (const [amount, limitX96] of [
    [input, end],
    [output, end],
    [1n << 200n, event.sqrtPriceX96],
  ] as const) {
    if (amount === 0n || limitX96 === pool.sqrtPriceX96) continue;
    const copy = ExactPool.fromStorage(PARAMETERS, storage);
    const result = trySwap(copy, zeroForOne, amount, limitX96);
    if (result === undefined) continue;
    const { amount0, amount1, crossings } = result;
    const isEqual =
      amount0 === event.amount0 &&
      amount1 === event.amount1 &&
      copy.sqrtPriceX96 === event.sqrtPriceX96 &&
      copy.tick === event.tick &&
      copy.liquidity === event.liquidity;
    if (isEqual) return { pool: copy, crossings };
  }
  return undefined;
}

function passesUnknown(pool: ExactPool, event: SwapEvent, profile: ReadonlyMap<number, bigint>): boolean {
  const [low, high] = [pool.tick, event.tick].sort((a, b) => a - b) as [number, number];
  for (let at = Math.floor(low / MAINNET_TICK_SPACING); at * MAINNET_TICK_SPACING <= high; at++) {
    if (!profile.has(at)) return true;
  }
  return false;
}

/** Undefined where the liquidity that was assumed does not even allow the swap. */
function trySwap(pool: ExactPool, zeroForOne: boolean, amount: bigint, limitX96: bigint): SwapResult | undefined {
  try {
    return pool.swap(zeroForOne, amount, limitX96);
  } catch (error) {
    if (error instanceof PoolRevertError) return undefined;
    throw error;
  }
}

/** The pool with what this swap alone can tell, or undefined when nothing of it explains the swap. */
function infer(pool: ExactPool, event: SwapEvent, profile: Map<number, bigint>): ExactPool | undefined {
  const storage = pool.toStorage();
  const [low, high] = [pool.tick, event.tick].sort((a, b) => a - b) as [number, number];
  const passed: number[] = [];
  for (let at = Math.floor(low / MAINNET_TICK_SPACING); at * MAINNET_TICK_SPACING <= high; at++) passed.push(at);

  const gap = passed.find((at) => !profile.has(at));
  // A tick without net liquidity shows in the roundings only: is it initialised, or did a burn of an older position clear it?
  const flat = passed
    .map((at) => at * MAINNET_TICK_SPACING)
    .filter((tick) => tick > low && (pool.tickInfo(tick)?.liquidityNet ?? 0n) === 0n);
  for (const toggled of [[], ...subsetsOf(flat)]) {
    const kept = storage.ticks.filter(({ tick }) => !toggled.includes(tick));
    const added = toggled
      .filter((tick) => pool.tickInfo(tick) === undefined)
      .map((tick) => ({ tick, liquidityGross: PLENTY, liquidityNet: 0n, ...UNTOUCHED }));
    const candidate = { ...storage, ticks: [...kept, ...added] };
    const found =
      gap === undefined
        ? reproduce(ExactPool.fromStorage(PARAMETERS, candidate), event) && candidate
        : fillGap(candidate, event, profile, gap);
    if (found !== undefined) return ExactPool.fromStorage(PARAMETERS, found);
  }
  return undefined;
}

/** The storage with the liquidity between two ticks that makes the swap what it was, which is added to the profile. */
function fillGap(
  storage: PoolStorage,
  event: SwapEvent,
  profile: Map<number, bigint>,
  gap: number,
): PoolStorage | undefined {
  const explains = (liquidity: bigint): PoolStorage | undefined => {
    const candidate = withGap(storage, profile, gap, liquidity);
    if (reproduce(ExactPool.fromStorage(PARAMETERS, candidate), event) === undefined) return undefined;
    profile.set(gap, liquidity);
    return candidate;
  };
  for (const neighbour of [profile.get(gap - 1), profile.get(gap + 1)]) {
    const found = neighbour === undefined ? undefined : explains(neighbour);
    if (found !== undefined) return found;
  }
  // The more liquidity there is, the more it takes to reach the same price; of token1 a unit is little enough to tell.
  const target = event.amount1 < 0n ? -event.amount1 : event.amount1;
  let [from, to] = [1n, 1n << 70n];
  while (from < to) {
    const middle = (from + to) / 2n;
    const copy = ExactPool.fromStorage(PARAMETERS, withGap(storage, profile, gap, middle));
    const { amount1 } = trySwap(copy, event.amount0 > 0n, 1n << 200n, event.sqrtPriceX96) ?? { amount1: 0n };
    if ((amount1 < 0n ? -amount1 : amount1) < target) from = middle + 1n;
    else to = middle;
  }
  for (let near = from - 2n; near <= from + 2n; near++) {
    const found = explains(near);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** All but the empty one, small ones first; of a long list only single ones and the whole. */
function subsetsOf(list: readonly number[]): readonly (readonly number[])[] {
  if (list.length > 8) return [...list.map((item) => [item]), list];
  const subsets = Array.from({ length: 2 ** list.length - 1 }, (_, bits) =>
    list.filter((_item, i) => ((bits + 1) >> i) & 1),
  );
  return subsets.sort((a, b) => a.length - b.length);
}

/** Places the change at the ticks on either side of the gap, beside what was minted there meanwhile. */
function withGap(
  storage: PoolStorage,
  profile: ReadonlyMap<number, bigint>,
  gap: number,
  liquidity: bigint,
): PoolStorage {
  const below = profile.get(gap - 1) ?? 0n;
  const shift = liquidity - below;
  const [lower, upper] = [gap * MAINNET_TICK_SPACING, (gap + 1) * MAINNET_TICK_SPACING];
  const shifted = [lower, upper].map((tick, i) => {
    const known = storage.ticks.find((info) => info.tick === tick);
    const info = known ?? { tick, liquidityGross: PLENTY, liquidityNet: 0n, ...UNTOUCHED };
    return { ...info, liquidityNet: info.liquidityNet + (i === 0 ? shift : -shift) };
  });
  const others = storage.ticks.filter(({ tick }) => tick !== lower && tick !== upper);
  const initialized = shifted.filter(({ liquidityNet }) => liquidityNet !== 0n);
  return { ...storage, ticks: [...others, ...initialized] };
}

function createStorage(
  start: SwapEvent,
  profile: ReadonlyMap<number, bigint>,
  events: readonly PoolEvent[],
): PoolStorage {
  const nets = new Map<number, bigint>();
  const compressed = [...profile.keys()].sort((a, b) => a - b);
  for (const [i, at] of compressed.entries()) {
    const before = compressed[i - 1];
    if (before === undefined) continue;
    const net = (profile.get(at) ?? 0n) - (profile.get(before) ?? 0n);
    if (net !== 0n) nets.set(at * MAINNET_TICK_SPACING, net);
  }
  const older = burntOfEarlierDays(events);
  for (const { tickLower, tickUpper } of older) {
    for (const tick of [tickLower, tickUpper]) if (!nets.has(tick)) nets.set(tick, 0n);
  }
  const { timestamp, sqrtPriceX96, tick, liquidity } = start;
  return {
    timestamp,
    sqrtPriceX96,
    tick,
    liquidity,
    feeGrowthGlobal0X128: 0n,
    feeGrowthGlobal1X128: 0n,
    ticks: [...nets].map(([at, liquidityNet]) => ({
      tick: at,
      liquidityGross: PLENTY,
      liquidityNet,
      ...UNTOUCHED,
    })),
    positions: older.map(({ owner, tickLower, tickUpper }) => ({
      owner,
      tickLower,
      tickUpper,
      liquidity: PLENTY,
      feeGrowthInside0LastX128: 0n,
      feeGrowthInside1LastX128: 0n,
      tokensOwed0: 0n,
      tokensOwed1: 0n,
    })),
  };
}

/** Ranges out of which more was burnt than this day put in, or whose fees were counted before anything was put in. */
function burntOfEarlierDays(events: readonly PoolEvent[]): readonly RangeEvent[] {
  const left = new Map<string, bigint>();
  return events.filter((event): event is RangeEvent => {
    if (event.kind !== "mint" && event.kind !== "burn") return false;
    const key = `${event.owner}:${event.tickLower}:${event.tickUpper}`;
    const before = left.get(key);
    const after = (before ?? 0n) + (event.kind === "mint" ? event.liquidity : -event.liquidity);
    left.set(key, after);
    return after < 0n || (event.kind === "burn" && before === undefined);
  });
}
