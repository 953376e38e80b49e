import { POOL_ABI } from "./place/uniswap.ts";
import { priceFromSqrtPriceX96 } from "./price.ts";
import { readRecordedState } from "./recordedState.ts";
import { startTwin, type Twin, type TwinOptions } from "./twin.ts";

/** The mainnet USDC/WETH 0.3 % pool of May 2021 inside a twin that is otherwise complete. */
export interface RecordedPool {
  /** `twin.market` is the recorded pool; USDC and WETH9 are the recorded mainnet contracts. */
  readonly twin: Twin;
  readonly pool: string;
  readonly usdc: string;
  readonly weth: string;
  readonly priceUsdcPerWeth: number;
  readonly sqrtPriceX96: bigint;
  readonly tick: number;
  readonly liquidity: bigint;
  readonly blockNumber: number;
}

/**
 * Starts a twin on the recorded state. The recording goes first, on the empty network; the rest of Uniswap, Aave and
 * the feeds are then placed around it. So lenders and traders hold their USDC in the recorded contract's own storage.
 *
 * Not genuine in the recording: the pool's past oracle observations (one slot, at the recorded block) and token
 * balances of accounts other than the pool.
 * @returns undefined when the recording is not beside the repository; `RECORDING_ABSENT` says so for test output.
 */
export async function loadRecordedPool(
  options: Omit<TwinOptions, "recorded" | "priceUsdcPerWeth" | "feePips" | "liquidity"> = {},
): Promise<RecordedPool | undefined> {
  const recorded = readRecordedState();
  if (recorded === undefined) return undefined;
  const twin = await startTwin({ ...options, recorded });
  const { market, rpc } = twin;
  const [sqrtPriceX96, tick] = (await rpc.read(market.pool, POOL_ABI, "slot0")) as readonly [bigint, bigint];
  const [liquidity] = await rpc.read(market.pool, POOL_ABI, "liquidity");
  return {
    twin,
    pool: market.pool,
    usdc: market.quote,
    weth: market.base,
    priceUsdcPerWeth: priceFromSqrtPriceX96(sqrtPriceX96, market),
    sqrtPriceX96,
    tick: Number(tick),
    liquidity: liquidity as bigint,
    blockNumber: recorded.blockNumber,
  };
}

export const RECORDING_ABSENT =
  "skipped: no recorded pool state (../shared/state/usdc-weth-30bp-2021-05.allocs.json beside the repository)";
