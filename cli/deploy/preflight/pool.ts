import { readFeedPrice } from "./feeds.ts";
import { hasCode, readView } from "./read.ts";
import { problem, warning, type Check, type Finding, type Subject } from "./types.ts";

const SLOT0 =
  "function slot0() view returns (uint160 sqrtPriceX96, int24 tick, uint16 observationIndex, uint16 observationCardinality, uint16 observationCardinalityNext, uint8 feeProtocol, bool unlocked)";
const OBSERVE =
  "function observe(uint32[] secondsAgos) view returns (int56[] tickCumulatives, uint160[] secondsPerLiquidityCumulativeX128s)";
const BPS = 10_000;
/** A vault that is a larger part of its pool than this moves the price that it hedges against. */
const LARGE_SHARE = 0.2;

/** Whether the pool is the factory's, of the pair, alive, near the feeds, and remembers far enough back. */
export const checkPool: Check = async (subject) => {
  const { vault, rpc } = subject;
  const { pool, token0, token1 } = vault.venues;
  const { symbol: base } = vault.base;
  const { symbol: quote } = vault.quote;
  const fee = `${vault.feePips / 10_000} %`;
  if (!(await hasCode(rpc, pool))) {
    return [
      problem(
        "no-pool",
        `There is no pool of ${base}/${quote} with a fee of ${fee} on ${vault.network.title} (${pool}). Choose another feePips, or create and fund the pool.`,
      ),
    ];
  }
  const [registered, first, second, feePips] = await Promise.all([
    readView(rpc, vault.network.uniswapV3Factory, "function getPool(address, address, uint24) view returns (address)", [
      token0,
      token1,
      vault.feePips,
    ]),
    readView(rpc, pool, "function token0() view returns (address)"),
    readView(rpc, pool, "function token1() view returns (address)"),
    readView(rpc, pool, "function fee() view returns (uint24)"),
  ]);
  const findings: Finding[] = [];
  const same = (a: unknown, b: string): boolean => typeof a === "string" && a.toLowerCase() === b.toLowerCase();
  if (!same(registered?.[0], pool)) {
    findings.push(
      problem(
        "pool-of-another-factory",
        `Uniswap's factory ${vault.network.uniswapV3Factory} has ${String(registered?.[0] ?? "nothing")} for ${base}/${quote} at ${fee}, not the pool ${pool}. Correct venues.pool or feePips.`,
      ),
    );
  }
  if (!same(first?.[0], token0) || !same(second?.[0], token1)) {
    findings.push(
      problem(
        "pool-of-other-tokens",
        `The pool ${pool} holds ${String(first?.[0] ?? "?")} and ${String(second?.[0] ?? "?")}, not ${base} and ${quote}. Correct venues.pool, base or quote.`,
      ),
    );
    return findings;
  }
  if (Number(feePips?.[0] ?? 0) !== vault.feePips) {
    findings.push(
      problem(
        "pool-fee",
        `The pool ${pool} has a fee of ${Number(feePips?.[0] ?? 0) / 10_000} %, not ${fee}. Correct feePips.`,
      ),
    );
  }
  return [...findings, ...(await checkState(subject))];
};

async function checkState(subject: Subject): Promise<readonly Finding[]> {
  const { vault, rpc } = subject;
  const { pool } = vault.venues;
  const [slot0, liquidity] = await Promise.all([
    readView(rpc, pool, SLOT0),
    readView(rpc, pool, "function liquidity() view returns (uint128)"),
  ]);
  const sqrtPriceX96 = (slot0?.["sqrtPriceX96"] ?? 0n) as bigint;
  if (slot0 === undefined || sqrtPriceX96 === 0n) {
    return [
      problem(
        "pool-not-started",
        `The pool ${pool} has no price yet. Initialise it at the market's price, or choose another.`,
      ),
    ];
  }
  const findings: Finding[] = [];
  const active = Number((liquidity?.[0] ?? 0n) as bigint);
  if (active === 0) {
    findings.push(
      problem(
        "pool-empty",
        `The pool ${pool} has no liquidity at its price: no swap would go through. Choose another feePips.`,
      ),
    );
  }
  const price = toPrice(sqrtPriceX96, vault);
  const feedPrice = await readFeedPrice(subject);
  if (feedPrice !== undefined) {
    const offBps = Math.abs(price / feedPrice - 1) * BPS;
    if (offBps > vault.oracle.maxSpotDeviationBps) {
      findings.push(
        problem(
          "pool-off-oracle",
          `The pool's price is ${price.toFixed(2)} and the feeds say ${feedPrice.toFixed(2)}: ${offBps.toFixed(0)} bps apart, ${vault.oracle.maxSpotDeviationBps} are allowed. Wait for arbitrage, choose another pool, or raise oracle.maxSpotDeviationBps.`,
        ),
      );
    }
    // Value in the tick's neighbourhood, as if the liquidity spanned every price: 2 · L · sqrt(p) in quote.
    const depthQuote = (2 * active * Math.sqrt(rawPrice(sqrtPriceX96, vault))) / 10 ** vault.quote.decimals;
    const cap = Number(vault.depositCapQuote) / 10 ** vault.quote.decimals;
    if (active > 0 && cap > LARGE_SHARE * depthQuote) {
      findings.push(
        warning(
          "cap-large-for-pool",
          `The deposit cap is ${((cap / depthQuote) * 100).toFixed(0)} % of the pool's depth at its price. Consider a lower depositCap.`,
        ),
      );
    }
  }
  return [...findings, ...(await checkMemory(subject, Number(slot0["observationCardinalityNext"])))];
}

/** The longest time that the vault asks its pool to remember, and the blocks with a swap that may fall into it. */
export function neededMemory(vault: Subject["vault"]): {
  readonly seconds: number;
  readonly setting: string;
  readonly slots: number;
} {
  const [seconds, setting] = [
    [vault.oracle.twapWindowSeconds, "oracle.twapWindowSeconds"] as const,
    [vault.volatility.minWindowSeconds, "volatility.minWindowSeconds"] as const,
  ].reduce((longest, next) => (next[0] > longest[0] ? next : longest));
  return { seconds, setting, slots: Math.ceil(seconds / vault.network.blockSeconds) + 1 };
}

/** Blocks with a swap that a pool has room for, now or as soon as it trades; undefined: it is no pool. */
export async function readRoom(rpc: Subject["rpc"], pool: string): Promise<number | undefined> {
  const slot0 = await readView(rpc, pool, SLOT0);
  return slot0 === undefined ? undefined : Number(slot0["observationCardinalityNext"]);
}

/** The oracle averages over one window and the policy measures volatility over another: the pool has to remember both. */
async function checkMemory({ vault, rpc }: Subject, room: number): Promise<readonly Finding[]> {
  const { pool } = vault.venues;
  const { seconds, setting, slots } = neededMemory(vault);
  if (room < slots) {
    return [
      problem(
        "pool-forgets",
        `The pool ${pool} has room for ${room} blocks with a swap, ${setting} (${seconds} s) takes up to ${slots}. Deploy with --prepare-pool, which makes it room for them (anyone may, by increaseObservationCardinalityNext(${slots})), or shorten the window.`,
      ),
    ];
  }
  if ((await readView(rpc, pool, OBSERVE, [[seconds]])) !== undefined) return [];
  return [
    problem(
      "pool-too-young",
      `The pool ${pool} does not remember ${seconds} s back yet (${setting}). Wait that long, or shorten the window.`,
    ),
  ];
}

function rawPrice(sqrtPriceX96: bigint, { venues }: Subject["vault"]): number {
  const root = Number(sqrtPriceX96) / 2 ** 96;
  const token1PerToken0 = root * root;
  return venues.base.toLowerCase() === venues.token0.toLowerCase() ? token1PerToken0 : 1 / token1PerToken0;
}

/** Whole quote tokens for one whole base token. */
function toPrice(sqrtPriceX96: bigint, vault: Subject["vault"]): number {
  return rawPrice(sqrtPriceX96, vault) * 10 ** (vault.base.decimals - vault.quote.decimals);
}
