import { ACTORS } from "./actors.ts";
import type { LocalChain } from "./chain.ts";
import { readRound, submitAnswer, type FeedRound } from "./place/chainlink.ts";
import { POOL_ABI } from "./place/uniswap.ts";
import { priceFromSqrtPriceX96, sqrtPriceX96FromPrice, toFeedAnswer, toRaw } from "./price.ts";
import { abiOf, type RawReceipt } from "./rpc.ts";
import type { TwinFeed, TwinMarket } from "./types.ts";

const ROUTER_ABI = abiOf([
  "function exactInputSingle((address tokenIn, address tokenOut, uint24 fee, address recipient, uint256 amountIn, uint256 amountOutMinimum, uint160 sqrtPriceLimitX96) params) payable returns (uint256 amountOut)",
  "function multicall(bytes[] data) payable returns (bytes[] results)",
]);

/** More than the trader holds: the price limit, not the amount, ends a swap. Below 2^255, the pool's own bound. */
const UNLIMITED_AMOUNT = 1n << 200n;
/** Mainnet's block time; the moves of a step happen in its first blocks. */
const BLOCK_SECONDS = 12;
/** A step has at most six blocks, and its moves stay in the first half. */
const MIN_STEP_SECONDS = 8;

export interface OraclePrices {
  /** Base token in dollars. */
  readonly baseUsd: number;
  /** Quote token in dollars. Absent: no round for it. */
  readonly quoteUsd?: number;
}

export interface StepOptions {
  /** Pool price at the end of the step, in whole quote tokens for one base token. Absent: the pool is not arbitraged. */
  readonly price?: number;
  /** Volume of noise trades, in whole quote tokens, beside what the arbitrageur trades. Default 0. */
  readonly volumeQuote?: number;
  /** Length of the step, at least 8. A pool price averaged over n seconds has settled when the step is at least n + 12 long. */
  readonly seconds?: number;
  /** Timestamp of the step's last block, instead of `seconds`; keeps a replay on its candles whatever ran in between. */
  readonly until?: number;
  /** Quote token in dollars. Default: what its feed says. */
  readonly quoteUsd?: number;
  /** Base token in dollars. Default `price * quoteUsd`; set it apart to move the feeds and the pool away from each other. */
  readonly baseUsd?: number;
  /** Push both feeds whether or not the rule asks for it (true), or never (false). Default: by deviation and heartbeat. */
  readonly push?: boolean;
}

export interface StepResult {
  /** Of the last block of the step. */
  readonly timestampSeconds: number;
  readonly sqrtPriceX96: bigint;
  readonly baseAnswerPushed: boolean;
  readonly quoteAnswerPushed: boolean;
  /** All swaps of the step, in raw quote units. */
  readonly swappedQuote: bigint;
}

/** The rest of the market on one pool. Everything happens by transactions through genuine contracts. */
export interface MarketActors {
  readonly market: TwinMarket;
  /** Current price of the pool, whole quote tokens for one base token. */
  readPrice(): Promise<number>;
  readSqrtPriceX96(): Promise<bigint>;
  /** Submits new Chainlink rounds, whatever the old answers were. */
  pushOracle(prices: OraclePrices): Promise<void>;
  /** The arbitrageur swaps until the pool stands exactly at the price. Returns the swapped raw quote amount; 0 if it was there. */
  moveTo(priceQuotePerBase: number): Promise<bigint>;
  /**
   * Noise traders swap `volumeQuote` in total, in `rounds` of one buy and one sale each; the last sale ends exactly at
   * the price before. Returns the swapped raw quote amount.
   */
  trade(volumeQuote: number, rounds?: number): Promise<bigint>;
  /**
   * One step of the market: in the first block all swaps (arbitrage to `price`, then noise around it), in the next ones
   * the feeds by Chainlink's rule, then time passes until the step is over. Two to four transactions.
   */
  step(options: StepOptions): Promise<StepResult>;
}

/** Chainlink's rule: a new round when the price moved enough or the last round is old enough. */
export function isRoundDue(
  feed: Pick<TwinFeed, "deviationBps" | "heartbeatSeconds">,
  last: Pick<FeedRound, "answer" | "updatedAtSeconds"> | undefined,
  answer: bigint,
  nowSeconds: number,
): boolean {
  if (last === undefined) return true;
  const moved = answer > last.answer ? answer - last.answer : last.answer - answer;
  return (
    moved * 10_000n >= BigInt(feed.deviationBps) * last.answer ||
    nowSeconds - last.updatedAtSeconds >= feed.heartbeatSeconds
  );
}

/** Actors for the chain's USDC/WETH market, or for one made by `createMarket`. */
export function createMarketActors(twin: LocalChain, market: TwinMarket = twin.market): MarketActors {
  const { rpc } = twin;
  const quoteIsToken0 = !market.baseIsToken0;
  const swapTopic = POOL_ABI.getEvent("Swap")?.topicHash;

  const readSqrtPriceX96 = async (): Promise<bigint> => {
    const [sqrtPriceX96] = await rpc.read(market.pool, POOL_ABI, "slot0");
    return sqrtPriceX96 as bigint;
  };

  /** Exact-input swap that stops at `limitX96` (0: no limit). */
  const encodeSwap = (sell: "base" | "quote", amountIn: bigint, limitX96: bigint): string =>
    ROUTER_ABI.encodeFunctionData("exactInputSingle", [
      {
        tokenIn: sell === "base" ? market.base : market.quote,
        tokenOut: sell === "base" ? market.quote : market.base,
        fee: market.feePips,
        recipient: ACTORS.trader,
        amountIn,
        amountOutMinimum: 0n, // these traders are the market; they take any price
        sqrtPriceLimitX96: limitX96,
      },
    ]);

  const encodeMove = (fromX96: bigint, toX96: bigint): readonly string[] => {
    if (fromX96 === toX96) return [];
    // Selling token0 lowers the square-root price.
    const sellsToken0 = toX96 < fromX96;
    return [encodeSwap(sellsToken0 === quoteIsToken0 ? "quote" : "base", UNLIMITED_AMOUNT, toX96)];
  };

  const encodeNoise = (atX96: bigint, volumeQuote: number, rounds: number): readonly string[] => {
    const buy = toRaw(volumeQuote / (2 * rounds), market.quoteDecimals);
    if (buy === 0n) return [];
    return Array.from({ length: rounds }, () => [
      encodeSwap("quote", buy, 0n),
      encodeSwap("base", UNLIMITED_AMOUNT, atX96),
    ]).flat();
  };

  const sendSwaps = async (swaps: readonly string[]): Promise<bigint> => {
    const [first] = swaps;
    if (first === undefined) return 0n;
    const data = swaps.length === 1 ? first : ROUTER_ABI.encodeFunctionData("multicall", [swaps]);
    const hash = await rpc.send({ from: ACTORS.trader, to: twin.addresses.swapRouter02, data });
    return sumQuoteVolume(await rpc.receipt(hash));
  };

  const sumQuoteVolume = (receipt: RawReceipt): bigint => {
    let total = 0n;
    for (const log of receipt.logs) {
      if (log.topics[0] !== swapTopic || log.address.toLowerCase() !== market.pool.toLowerCase()) continue;
      const at = quoteIsToken0 ? 2 : 66; // amount0 and amount1 are the first two words of the data
      const amount = BigInt.asIntN(256, BigInt(`0x${log.data.slice(at, at + 64)}`));
      total += amount < 0n ? -amount : amount;
    }
    return total;
  };

  return {
    market,
    readSqrtPriceX96,
    readPrice: async () => priceFromSqrtPriceX96(await readSqrtPriceX96(), market),
    pushOracle: async ({ baseUsd, quoteUsd }) => {
      await submitAnswer(rpc, market.baseFeed, toFeedAnswer(baseUsd));
      if (quoteUsd !== undefined) await submitAnswer(rpc, market.quoteFeed, toFeedAnswer(quoteUsd));
    },
    moveTo: async (priceQuotePerBase) =>
      sendSwaps(encodeMove(await readSqrtPriceX96(), sqrtPriceX96FromPrice(priceQuotePerBase, market))),
    trade: async (volumeQuote, rounds = 1) => sendSwaps(encodeNoise(await readSqrtPriceX96(), volumeQuote, rounds)),

    step: async (options) => {
      if ((options.seconds === undefined) === (options.until === undefined)) {
        throw new RangeError("A step takes either `seconds` or `until`");
      }
      const start = await twin.timestamp();
      const seconds = options.seconds ?? (options.until ?? 0) - start;
      if (!Number.isInteger(seconds) || seconds < MIN_STEP_SECONDS) {
        throw new RangeError(`A step lasts a whole number of seconds, at least ${MIN_STEP_SECONDS}; got ${seconds}`);
      }
      const end = start + seconds;
      const blockSeconds = Math.min(BLOCK_SECONDS, Math.floor(seconds / MIN_STEP_SECONDS));
      let clock = start;
      const nextBlock = async (): Promise<void> => {
        clock += blockSeconds;
        await twin.setNextTimestamp(clock);
      };

      const before = await readSqrtPriceX96();
      const target = options.price === undefined ? before : sqrtPriceX96FromPrice(options.price, market);
      const swaps = [...encodeMove(before, target), ...encodeNoise(target, options.volumeQuote ?? 0, 1)];
      let swappedQuote = 0n;
      if (swaps.length > 0) {
        await nextBlock();
        swappedQuote = await sendSwaps(swaps);
      }

      const lastBase = await readRound(rpc, market.baseFeed);
      const lastQuote = await readRound(rpc, market.quoteFeed);
      const quoteAnswer = options.quoteUsd === undefined ? lastQuote?.answer : toFeedAnswer(options.quoteUsd);
      const baseAnswer = computeBaseAnswer(options, quoteAnswer, lastBase?.answer);

      const heartbeats: { feed: TwinFeed; answer: bigint; at: number }[] = [];
      const lastBeat = end - 2; // leaves a block for the other feed's beat, and the last one
      const pushIfDue = async (
        feed: TwinFeed,
        last: FeedRound | undefined,
        answer: bigint | undefined,
      ): Promise<boolean> => {
        if (answer === undefined || options.push === false) return false;
        let updatedAt = last?.updatedAtSeconds;
        let pushed = false;
        if (options.push === true || isRoundDue(feed, last, answer, clock + blockSeconds)) {
          await nextBlock();
          await submitAnswer(rpc, feed, answer);
          updatedAt = clock;
          pushed = true;
        }
        // The heartbeats that fall into the rest of the step; only the last one is visible at its end.
        const room = updatedAt === undefined ? 0 : lastBeat - updatedAt;
        if (updatedAt !== undefined && room >= feed.heartbeatSeconds) {
          const beats = Math.floor(room / feed.heartbeatSeconds);
          heartbeats.push({ feed, answer, at: updatedAt + beats * feed.heartbeatSeconds });
          pushed = true;
        }
        return pushed;
      };
      const baseAnswerPushed = await pushIfDue(market.baseFeed, lastBase, baseAnswer);
      const quoteAnswerPushed = await pushIfDue(market.quoteFeed, lastQuote, quoteAnswer);
      heartbeats.sort((a, b) => a.at - b.at);
      for (const { feed, answer, at } of heartbeats) {
        clock = Math.max(at, clock + 1);
        await twin.setNextTimestamp(clock);
        await submitAnswer(rpc, feed, answer);
      }

      await twin.advanceTo(end);
      return {
        timestampSeconds: end,
        sqrtPriceX96: target,
        baseAnswerPushed,
        quoteAnswerPushed,
        swappedQuote,
      };
    },
  };
}

/** Answer of the base feed at the step's prices; its old answer when the step names none. */
function computeBaseAnswer(
  options: StepOptions,
  quoteAnswer: bigint | undefined,
  lastAnswer: bigint | undefined,
): bigint | undefined {
  if (options.baseUsd !== undefined) return toFeedAnswer(options.baseUsd);
  if (options.price === undefined || quoteAnswer === undefined) return lastAnswer;
  return toFeedAnswer(options.price * (Number(quoteAnswer) / 1e8));
}
