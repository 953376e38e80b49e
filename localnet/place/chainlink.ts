import { ZeroAddress } from "ethers";

import { ACTORS } from "../actors.ts";
import { chainlinkArtifact, initCodeOf } from "../artifacts.ts";
import { abiOf, type Rpc } from "../rpc.ts";
import type { TwinFeed } from "../types.ts";
import { constructAt } from "./install.ts";

export const AGGREGATOR_ABI = abiOf([
  "function submit(uint256 roundId, int256 submission)",
  "function changeOracles(address[] removed, address[] added, address[] addedAdmins, uint32 minSubmissions, uint32 maxSubmissions, uint32 restartDelay)",
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
  "function latestRound() view returns (uint256)",
  "function decimals() view returns (uint8)",
]);

/** $0.00000001 to $100,000,000: submissions outside revert, as on a real feed. */
const MIN_ANSWER = 1n;
const MAX_ANSWER = 10n ** 16n;

export interface FeedOptions {
  /** Place the proxy here; absent: deploy it anywhere. */
  readonly proxyAddress?: string;
  readonly description: string;
  readonly deviationBps: number;
  readonly heartbeatSeconds: number;
}

/**
 * A genuine FluxAggregator with one oracle of ours behind a genuine EACAggregatorProxy: every price arrives by a
 * `submit` transaction.
 */
export async function placeFeed(rpc: Rpc, options: FeedOptions): Promise<TwinFeed> {
  const { proxyAddress, description, deviationBps, heartbeatSeconds } = options;
  const aggregator = await deployAggregator(rpc, description);
  const initCode = initCodeOf(chainlinkArtifact("EACAggregatorProxy"), [aggregator, ZeroAddress]);
  if (proxyAddress !== undefined) await constructAt(rpc, proxyAddress, ACTORS.deployer, initCode);
  const proxy = proxyAddress ?? (await rpc.deploy(ACTORS.deployer, initCode));
  return { proxy, aggregator, deviationBps, heartbeatSeconds };
}

/**
 * A genuine FluxAggregator whose only oracle is `ACTORS.oracleNode`. Payments are zero, so the LINK token is never called.
 *
 * @param description what the feed says it is, e.g. "ETH / USD".
 */
export async function deployAggregator(rpc: Rpc, description: string): Promise<string> {
  await rpc.impersonate(ACTORS.deployer);
  await rpc.impersonate(ACTORS.oracleNode);
  const aggregator = await rpc.deploy(
    ACTORS.deployer,
    initCodeOf(chainlinkArtifact("FluxAggregator"), [
      ZeroAddress, // LINK
      0n, // payment per submission
      0, // a round never times out: one oracle closes it at once
      ZeroAddress, // validator
      MIN_ANSWER,
      MAX_ANSWER,
      8,
      description,
    ]),
  );
  await rpc.write(ACTORS.deployer, aggregator, AGGREGATOR_ABI, "changeOracles", [
    [],
    [ACTORS.oracleNode],
    [ACTORS.oracleNode],
    1,
    1,
    0,
  ]);
  return aggregator;
}

/** Submits the next round. `answer` has 8 decimals. */
export async function submitAnswer(rpc: Rpc, feed: TwinFeed, answer: bigint): Promise<string> {
  const [latestRound] = await rpc.read(feed.aggregator, AGGREGATOR_ABI, "latestRound");
  return rpc.write(ACTORS.oracleNode, feed.aggregator, AGGREGATOR_ABI, "submit", [
    (latestRound as bigint) + 1n,
    answer,
  ]);
}

export interface FeedRound {
  readonly roundId: bigint;
  readonly answer: bigint;
  readonly updatedAtSeconds: number;
}

/** Last answer, or undefined before the first submission. */
export async function readRound(rpc: Rpc, feed: TwinFeed): Promise<FeedRound | undefined> {
  const [latestRound] = await rpc.read(feed.aggregator, AGGREGATOR_ABI, "latestRound");
  if (latestRound === 0n) return undefined;
  const [roundId, answer, , updatedAt] = (await rpc.read(
    feed.aggregator,
    AGGREGATOR_ABI,
    "latestRoundData",
  )) as readonly [bigint, bigint, bigint, bigint, bigint];
  return { roundId, answer, updatedAtSeconds: Number(updatedAt) };
}
