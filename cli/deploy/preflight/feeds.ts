import { ZeroAddress } from "ethers";

import { hasCode, readBlockTime, readView } from "./read.ts";
import { problem, warning, type Check, type Finding, type Subject } from "./types.ts";

const ROUND =
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)";
const BPS = 10_000;

/** Last answer of a feed in dollars; undefined when it has none. */
export interface FeedReading {
  readonly price: number | undefined;
  readonly findings: readonly Finding[];
}

/** Whether both price feeds are of the pair, alive and fresh, and the quote is at its peg. */
export const checkFeeds: Check = async ({ vault, rpc }) => {
  const base = await readFeed(rpc, "base", vault.venues.baseFeed, vault.base.feed, vault.oracle.baseHeartbeatSeconds);
  const quote = await readFeed(
    rpc,
    "quote",
    vault.venues.quoteFeed,
    vault.quote.feed,
    vault.oracle.quoteHeartbeatSeconds,
  );
  const findings = [...base.findings, ...quote.findings];
  const published = vault.network.feeds;
  for (const [role, token, limit] of [
    ["base", vault.base, vault.oracle.baseHeartbeatSeconds],
    ["quote", vault.quote, vault.oracle.quoteHeartbeatSeconds],
  ] as const) {
    const heartbeat = published[token.feed]?.heartbeatSeconds;
    if (heartbeat === undefined || limit >= heartbeat) continue;
    findings.push(
      problem(
        "heartbeat-too-short",
        `oracle.${role}HeartbeatSeconds is ${limit}, and the feed ${token.feed} promises a round only every ${heartbeat} s: the vault would close between two. Raise it.`,
      ),
    );
  }
  if (quote.price !== undefined) {
    const offBps = Math.abs(quote.price - 1) * BPS;
    if (offBps > vault.oracle.maxDepegBps) {
      findings.push(
        problem(
          "quote-off-peg",
          `${vault.quote.symbol} is at ${quote.price.toFixed(4)} dollars, further from 1 than oracle.maxDepegBps (${vault.oracle.maxDepegBps}) allows: deposits would be closed. Wait, or choose another quote.`,
        ),
      );
    }
  }
  return findings;
};

/** The price of base in quote by both feeds; undefined when one of them has no answer. */
export async function readFeedPrice({ vault, rpc }: Subject): Promise<number | undefined> {
  const base = await readFeed(rpc, "base", vault.venues.baseFeed, vault.base.feed, Infinity);
  const quote = await readFeed(rpc, "quote", vault.venues.quoteFeed, vault.quote.feed, Infinity);
  return base.price === undefined || quote.price === undefined ? undefined : base.price / quote.price;
}

async function readFeed(
  rpc: Subject["rpc"],
  role: string,
  at: string,
  description: string,
  maxAgeSeconds: number,
): Promise<FeedReading> {
  const name = `the ${role} feed ${description} = ${at}`;
  if (!(await hasCode(rpc, at))) {
    return {
      price: undefined,
      findings: [problem("no-feed", `There is no contract at ${name}. Correct the address.`)],
    };
  }
  const [told, decimals, round, now] = await Promise.all([
    readView(rpc, at, "function description() view returns (string)"),
    readView(rpc, at, "function decimals() view returns (uint8)"),
    readView(rpc, at, ROUND),
    readBlockTime(rpc),
  ]);
  const findings: Finding[] = [];
  const plain = (text: string): string => text.replaceAll(/\s+/g, "").toUpperCase();
  if (plain((told?.[0] ?? "") as string) !== plain(description)) {
    findings.push(
      problem(
        "feed-of-another-pair",
        `${name} says that it is of ${JSON.stringify(told?.[0] ?? "nothing")}. Correct the address or the token's feed.`,
      ),
    );
  }
  if (round === undefined || decimals === undefined || BigInt(round["answer"] as bigint) <= 0n) {
    findings.push(
      problem("feed-without-answer", `${name} has no positive answer. Use another feed, or wait until it reports.`),
    );
    return { price: undefined, findings };
  }
  const age = now - Number(round["updatedAt"]);
  if (age > maxAgeSeconds) {
    findings.push(
      problem(
        "feed-stale",
        `${name} last answered ${age} s ago, more than the ${maxAgeSeconds} s that the oracle would take. Use a feed that is alive.`,
      ),
    );
  }
  return { price: Number(round["answer"]) / 10 ** Number(decimals[0]), findings };
}

/** Whether the sequencer of a rollup is up, for as long as the oracle wants. */
export const checkSequencer: Check = async ({ vault, rpc }) => {
  const { sequencerFeed, sequencerGraceSeconds } = vault.oracle;
  const { network } = vault;
  if (sequencerFeed === ZeroAddress) {
    if (!network.isRollup || network.isTestnet) return [];
    return [
      problem(
        "no-sequencer-feed",
        `${network.title} is a rollup and no sequencer feed is set: prices of a halted chain would count.`,
      ),
    ];
  }
  const round = await readView(rpc, sequencerFeed, ROUND);
  if (round === undefined) {
    return [
      problem(
        "no-sequencer-feed",
        `The sequencer feed ${sequencerFeed} does not answer. Correct the network's address.`,
      ),
    ];
  }
  if ((round["answer"] as bigint) !== 0n) {
    return [problem("sequencer-down", `The sequencer of ${network.title} is down by its feed. Wait until it is up.`)];
  }
  const up = (await readBlockTime(rpc)) - Number(round["startedAt"]);
  if (up > sequencerGraceSeconds) return [];
  return [
    warning(
      "sequencer-recent",
      `The sequencer of ${network.title} has been up for ${up} s; the vault opens after ${sequencerGraceSeconds} s.`,
    ),
  ];
};
