import { Interface } from "ethers";

import type { BlockRef, RpcSender } from "../sdk/chain/snapshot.ts";
import { createFadingRatio } from "../sdk/math/fadingRatio.ts";
import { requirePositive } from "../sdk/math/require.ts";
import { SECONDS_PER_YEAR, toFloat } from "../sdk/math/units.ts";
import type { VaultState } from "../sdk/policy/types.ts";
import type { StoredFlow } from "./intents.ts";
import { toQuantity } from "./rpc.ts";

const POOL = new Interface([
  "function feeGrowthGlobal0X128() view returns (uint256)",
  "function feeGrowthGlobal1X128() view returns (uint256)",
]);
const Q128 = 2 ** 128;

/** Fees of one unit of raw liquidity in range since the pool began [Q128.128 units of token0 and token1, wrapping]. */
export interface FeeGrowth {
  readonly feeGrowth0X128: bigint;
  readonly feeGrowth1X128: bigint;
}

export interface FeeFlowSettings {
  /** Hours after which a fee counts half; as the volatility's, so that both look at the same market. */
  readonly halfLifeHours: number;
  /** Hours that the samples must span before they say anything. */
  readonly minimumSpanHours: number;
  /** Samples are at least this far apart. */
  readonly sampleSeconds: number;
}

/**
 * A pool's global fee growth at one block, by hash.
 *
 * Throws MalformedAnswerError when the node's answer is no number, and what the provider rejects with.
 */
export async function readFeeGrowth(rpc: RpcSender, pool: string, block: BlockRef): Promise<FeeGrowth> {
  const at = { blockHash: block.hash, requireCanonical: true };
  const read = async (name: "feeGrowthGlobal0X128" | "feeGrowthGlobal1X128"): Promise<bigint> =>
    toQuantity("eth_call", name, await rpc.send("eth_call", [{ to: pool, data: POOL.encodeFunctionData(name) }, at]));
  return { feeGrowth0X128: await read("feeGrowthGlobal0X128"), feeGrowth1X128: await read("feeGrowthGlobal1X128") };
}

/**
 * Fees that one unit of liquidity [sqrt(base · quote), human units] in range earns [quote a year], from samples of a pool's
 * global fee growth: sum of fees over the time they cover, both faded by age (half-life as given), each token valued at the price
 * when it was earned.
 *
 * Growth wraps at 2^256, so a difference is taken as a signed number of 256 bits: what passed the wrap is small and positive, and a
 * sample of a block that was reorganised away is undone by the next one. Growth of another pool is not compared.
 *
 * @param samples The oldest first.
 * @returns undefined while the samples span less than asked for, or the newest is older than that span.
 * Throws InvalidParameterError on settings that are not positive.
 *
 * @example
 * estimateFeeFlow(journal.listFlows(vault, chainId, from, to), snapshot.vault, timestamp, settings); // 0.41
 */
export function estimateFeeFlow(
  samples: readonly StoredFlow[],
  vault: VaultState,
  nowSeconds: number,
  settings: Pick<FeeFlowSettings, "halfLifeHours" | "minimumSpanHours">,
): number | undefined {
  requirePositive("halfLifeHours", settings.halfLifeHours);
  requirePositive("minimumSpanHours", settings.minimumSpanHours);
  const pool = vault.pool.address.toLowerCase();
  const ofPool = samples.filter((sample) => sample.pool === pool);
  const [first, last] = [ofPool[0], ofPool.at(-1)];
  const leastSeconds = settings.minimumSpanHours * 3_600;
  if (first === undefined || last === undefined) return undefined;
  if (last.timestampSeconds - first.timestampSeconds < leastSeconds) return undefined;
  if (nowSeconds - last.timestampSeconds > leastSeconds) return undefined;

  const flow = createFadingRatio(settings.halfLifeHours * 3_600);
  let from = first;
  for (const to of ofPool.slice(1)) {
    const seconds = to.timestampSeconds - from.timestampSeconds;
    flow.add(feesBetween(from, to, vault), seconds, seconds);
    from = to;
  }
  return flow.value === undefined ? undefined : Math.max(0, flow.value * SECONDS_PER_YEAR);
}

/** Fees of one unit of human liquidity between two samples [quote]. */
function feesBetween(from: StoredFlow, to: StoredFlow, { base, quote, pool }: VaultState): number {
  const grown = (a: bigint, b: bigint): number => Number(BigInt.asIntN(256, b - a)) / Q128;
  const token0 = grown(from.feeGrowth0X128, to.feeGrowth0X128);
  const token1 = grown(from.feeGrowth1X128, to.feeGrowth1X128);
  // A unit of human liquidity is 10^((base decimals + quote decimals)/2) raw units; a token's raw units are 10^-decimals.
  const rawBase = pool.baseIsToken0 ? token0 : token1;
  const rawQuote = pool.baseIsToken0 ? token1 : token0;
  const shift = (quote.decimals - base.decimals) / 2;
  return rawBase * 10 ** shift * toFloat(to.priceWad, 18) + rawQuote * 10 ** -shift;
}
