import { ZeroAddress } from "ethers";
import { after, before, describe } from "mocha";

import { MAINNET } from "../../localnet/addresses.ts";
import { readRound, placeFeed, submitAnswer } from "../../localnet/place/chainlink.ts";
import { fundPoolActors } from "../../localnet/place/market.ts";
import { POOL_ABI } from "../../localnet/place/uniswap.ts";
import { priceFromSqrtPriceX96, toFeedAnswer } from "../../localnet/price.ts";
import { forkTwin, serveTwin, type ServedTwin } from "../../localnet/serve.ts";
import { attachTwin, type Twin, type TwinDescription } from "../../localnet/twin.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import { describeLifecycle } from "./lifecycleSuite.ts";
import { createVaultWorld } from "./world.ts";

/** Any node that serves Ethereum mainnet's state; without it the twin is served over HTTP and forked from there. */
const RPC_URL = process.env["HEDGEROW_RPC_URL"];

/** What is at known addresses of mainnet, and so on the twin. Only the feeds' aggregators are ours, hence placeholders. */
const KNOWN_MARKET: TwinMarket = {
  name: "USDC/WETH 0.05 %",
  base: MAINNET.weth,
  quote: MAINNET.usdc,
  baseDecimals: 18,
  quoteDecimals: 6,
  baseIsToken0: false,
  token0: MAINNET.usdc,
  token1: MAINNET.weth,
  pool: MAINNET.poolUsdcWeth5bp,
  feePips: 500,
  tickSpacing: 10,
  baseFeed: { proxy: MAINNET.chainlinkEthUsd, aggregator: ZeroAddress, deviationBps: 50, heartbeatSeconds: 3_600 },
  quoteFeed: { proxy: MAINNET.chainlinkUsdcUsd, aggregator: ZeroAddress, deviationBps: 25, heartbeatSeconds: 86_400 },
  baseReserve: { asset: MAINNET.weth, aToken: MAINNET.aWeth, variableDebtToken: MAINNET.variableDebtWeth },
  quoteReserve: { asset: MAINNET.usdc, aToken: MAINNET.aUsdc, variableDebtToken: MAINNET.variableDebtUsdc },
};

/**
 * Forks a chain that has mainnet's contracts at mainnet's addresses, and knows nothing else about it. Pool, tokens and
 * lending market stay as found. The two feeds get an aggregator that the test may submit to, at the pool's own price.
 */
async function forkMainnet(url: string): Promise<Twin> {
  const description = (market: TwinMarket): TwinDescription => ({
    market,
    aave: { aTokenImpl: ZeroAddress, stableDebtTokenImpl: ZeroAddress, variableDebtTokenImpl: ZeroAddress },
    baseFeeWei: 1_000_000_000n,
  });
  const { connection, rpc } = await forkTwin(url, description(KNOWN_MARKET));
  await fundPoolActors(rpc, KNOWN_MARKET);
  const [sqrtPriceX96] = await rpc.read(KNOWN_MARKET.pool, POOL_ABI, "slot0");
  const price = priceFromSqrtPriceX96(sqrtPriceX96 as bigint, KNOWN_MARKET);
  const { baseFeed, quoteFeed } = KNOWN_MARKET;
  const market: TwinMarket = {
    ...KNOWN_MARKET,
    baseFeed: await placeFeed(rpc, { ...baseFeed, proxyAddress: baseFeed.proxy, description: "ETH / USD" }),
    quoteFeed: await placeFeed(rpc, { ...quoteFeed, proxyAddress: quoteFeed.proxy, description: "USDC / USD" }),
  };
  await submitAnswer(rpc, market.baseFeed, toFeedAnswer(price));
  await submitAnswer(rpc, market.quoteFeed, toFeedAnswer(1));
  if ((await readRound(rpc, market.baseFeed)) === undefined) throw new Error("the replaced feed has no answer");
  return attachTwin(connection, description(market));
}

describe("fork", () => {
  let served: ServedTwin | undefined;

  before(async () => {
    if (RPC_URL === undefined) served = await serveTwin({ priceUsdcPerWeth: 2_500 });
  });
  after(async () => {
    await served?.close();
  });

  describeLifecycle(
    `vault lifecycle on a fork of ${RPC_URL === undefined ? "the served twin" : "HEDGEROW_RPC_URL"}`,
    async () => createVaultWorld(await forkMainnet(RPC_URL ?? served?.url ?? "")),
  );
});
