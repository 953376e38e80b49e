import { expect } from "chai";
import {
  concat,
  Contract,
  ContractFactory,
  encodeBytes32String,
  Interface,
  parseUnits,
  type Signer,
  toBeHex,
  ZeroAddress,
} from "ethers";
import { after, afterEach, before, describe, it } from "mocha";

import scriptedFeed from "../../artifacts/test/contracts/ScriptedFeed.sol/ScriptedFeed.json" with { type: "json" };
import { createMarketActors, type MarketActors } from "../../localnet/market.ts";
import { readRound, submitAnswer } from "../../localnet/place/chainlink.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import { artifacts, oracleContract } from "../../sdk/chain/contracts.ts";
import { deployOracle } from "../../sdk/chain/deployment.ts";
import { defaultOracleSettings } from "../../sdk/chain/vaultSpec.ts";
import { OracleFlag } from "../../sdk/policy/types.ts";
import type { ChainlinkOracle, ChainlinkOracleConfigStruct } from "../../types/contracts/oracles/ChainlinkOracle.ts";
import type { ScriptedFeed } from "../../types/test/contracts/ScriptedFeed.ts";
import { createPoolRandom } from "../unit/sdk/exact/random.ts";
import { createVaultWorld, type VaultWorld } from "./world.ts";
import { venuesOf } from "../../localnet/venues.ts";

const WAD = 10n ** 18n;
const ORACLE = { interface: new Interface(artifacts.chainlinkOracle.abi) };
/** ScriptedFeed.Mood */
const Mood = { answers: 0, reverts: 1, runsOutOfGas: 2, answersTooShort: 3, answersDirtyRound: 4 } as const;

describe("ChainlinkOracle", () => {
  let twin: Twin;
  let deployer: Signer;
  let pristine: TwinSnapshot;
  let actors: MarketActors;
  /** Both token orders of the same pair; the first is the twin's own USDC/WETH. */
  let markets: readonly TwinMarket[];

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    [deployer] = (await twin.ethers.getSigners()) as readonly Signer[] as [Signer];
    const flipped = await twin.createMarket({ baseDecimals: 18, quoteDecimals: 6, baseIsToken0: true });
    markets = [twin.market, flipped];
    actors = createMarketActors(twin);
    // Fresh rounds: the second market was aged by two hours.
    await actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
    pristine = await twin.snapshot();
  });
  afterEach(() => twin.revert(pristine));
  after(() => twin.close());

  const oracleOf = async (
    settings: Partial<ChainlinkOracleConfigStruct> = {},
    market: TwinMarket = twin.market,
  ): Promise<ChainlinkOracle> =>
    oracleContract(await deployOracle(deployer, venuesOf(twin, market), settings), deployer);
  const flagsOf = async (oracle: ChainlinkOracle, withAverage = false): Promise<bigint> =>
    (await oracle.read(withAverage)).flags;
  const scripted = async (decimals = 8): Promise<ScriptedFeed> => {
    const deployed = await new ContractFactory(scriptedFeed.abi, scriptedFeed.bytecode, deployer).deploy(decimals);
    return new Contract(await deployed.getAddress(), scriptedFeed.abi, deployer) as unknown as ScriptedFeed;
  };
  /**
   * A feed whose code answers every call with the first `bytes` of one round. Its round id is 8, and so are, to a caller
   * that asks for them, its decimals.
   */
  const truncated = async (answer: bigint, bytes: number): Promise<string> => {
    const now = BigInt(await twin.timestamp());
    const round = concat([8n, answer, now, now, 8n].map((word) => toBeHex(word, 32)));
    // PUSH1 160, PUSH1 12, PUSH0, CODECOPY, PUSH1 bytes, PUSH0, RETURN, padded to 12: returns what follows.
    const runtime = concat(["0x60a0600c5f3960", toBeHex(bytes, 1), "0x5ff30000", round]);
    // PUSH1 172, PUSH1 10, PUSH0, CODECOPY, PUSH1 172, PUSH0, RETURN: deploys it.
    return await twin.rpc.deploy(await deployer.getAddress(), concat(["0x60ac600a5f3960ac5ff3", runtime]));
  };
  /** A scripted feed with a round that is fresh now. */
  const scriptedAnswer = async (answer: bigint, decimals = 8): Promise<ScriptedFeed> => {
    const feed = await scripted(decimals);
    const now = await twin.timestamp();
    await feed.set(answer, now, now);
    return feed;
  };
  const submitBase = (answer: bigint): Promise<string> => submitAnswer(twin.rpc, twin.market.baseFeed, answer);
  const submitQuote = (answer: bigint): Promise<string> => submitAnswer(twin.rpc, twin.market.quoteFeed, answer);

  describe("price", () => {
    it("is healthy as deployed, with the price of the feeds", async () => {
      const reading = await (await oracleOf()).read(true);
      expect([...reading]).to.deep.equal([2_500n * WAD, 0n, 50n]);
    });

    it("is base/USD over quote/USD to the last digit, for any answers of genuine feeds", async () => {
      const oracle = await oracleOf();
      const random = createPoolRandom(1);
      for (let i = 0; i < 25; i++) {
        const baseUsd = random.bits(40) + 1_000_000n;
        const quoteUsd = 10n ** 8n + BigInt(random.int(-40_000_000, 40_000_000));
        await submitBase(baseUsd);
        await submitQuote(quoteUsd);
        // Both feeds have 8 decimals, which cancel.
        expect((await oracle.read(false)).priceWad).to.equal((baseUsd * WAD) / quoteUsd);
      }
    });

    for (const [baseDecimals, quoteDecimals] of [
      [18, 8],
      [8, 18],
      [18, 18],
      [6, 12],
    ] as const) {
      it(`cancels feed decimals of ${baseDecimals} against ${quoteDecimals}`, async () => {
        const base = await scriptedAnswer(parseUnits("2503.25", baseDecimals), baseDecimals);
        const quote = await scriptedAnswer(parseUnits("1.001", quoteDecimals), quoteDecimals);
        const oracle = await oracleOf({ baseFeed: base, quoteFeed: quote });
        const reading = await oracle.read(false);
        expect(reading.priceWad).to.equal((2_503_250n * WAD) / 1_001n);
        expect(reading.flags).to.equal(0n);
      });
    }
  });

  describe("feeds (V18)", () => {
    it("V18 base feed frozen: healthy at its heartbeat, stale one second later, and only that flag", async () => {
      const oracle = await oracleOf();
      await submitQuote(10n ** 8n);
      await submitBase(2_500n * 10n ** 8n);
      const updatedAt = (await readRound(twin.rpc, twin.market.baseFeed))?.updatedAtSeconds ?? 0;
      const heartbeat = defaultOracleSettings.baseHeartbeatSeconds;
      for (const [age, flags] of [
        [heartbeat - 1, 0n],
        [heartbeat, 0n],
        [heartbeat + 1, OracleFlag.baseStale],
      ] as const) {
        await twin.advanceTo(updatedAt + age);
        expect(await flagsOf(oracle, true), `age ${age}`).to.equal(flags);
      }
      expect((await oracle.read(true)).priceWad).to.equal(2_500n * WAD);
      await submitBase(2_500n * 10n ** 8n);
      expect(await flagsOf(oracle, true)).to.equal(0n);
    });

    it("V18 quote feed frozen: its own heartbeat, its own flag", async () => {
      const oracle = await oracleOf();
      await submitQuote(10n ** 8n);
      const updatedAt = (await readRound(twin.rpc, twin.market.quoteFeed))?.updatedAtSeconds ?? 0;
      const heartbeat = defaultOracleSettings.quoteHeartbeatSeconds;
      await twin.advanceTo(updatedAt + heartbeat - 10);
      expect(await flagsOf(oracle), "base stale meanwhile").to.equal(OracleFlag.baseStale);
      await submitBase(2_500n * 10n ** 8n);
      for (const [age, flags] of [
        [heartbeat - 1, 0n],
        [heartbeat, 0n],
        [heartbeat + 1, OracleFlag.quoteStale],
      ] as const) {
        await twin.advanceTo(updatedAt + age);
        expect(await flagsOf(oracle, true), `age ${age}`).to.equal(flags);
      }
      await twin.advance(defaultOracleSettings.baseHeartbeatSeconds);
      expect(await flagsOf(oracle, true), "both").to.equal(OracleFlag.baseStale | OracleFlag.quoteStale);
    });

    for (const side of ["base", "quote"] as const) {
      const stale = side === "base" ? OracleFlag.baseStale : OracleFlag.quoteStale;
      const healthy = side === "base" ? 2_500n * 10n ** 8n : 10n ** 8n;
      const make = async (): Promise<{ feed: ScriptedFeed; oracle: ChainlinkOracle }> => {
        const feed = await scriptedAnswer(healthy);
        return { feed, oracle: await oracleOf(side === "base" ? { baseFeed: feed } : { quoteFeed: feed }) };
      };

      it(`V18 ${side} round of the future or without a time is stale`, async () => {
        const { feed, oracle } = await make();
        expect(await flagsOf(oracle), "control").to.equal(0n);
        const now = await twin.timestamp();
        await feed.set(healthy, now, now + 100);
        expect(await flagsOf(oracle), "future").to.equal(stale);
        await twin.advanceTo(now + 99);
        expect(await flagsOf(oracle), "one second early").to.equal(stale);
        await twin.advanceTo(now + 100);
        expect(await flagsOf(oracle), "present").to.equal(0n);
        await feed.set(healthy, 0, 0);
        expect(await flagsOf(oracle), "no time").to.equal(stale);
        expect((await oracle.read(false)).priceWad, "the price stays readable").to.equal(2_500n * WAD);
      });

      for (const answer of [0n, -1n, -(2n ** 255n), 2n ** 128n, 2n ** 255n - 1n]) {
        it(`V18 ${side} answer ${answer} is no price`, async () => {
          const { feed, oracle } = await make();
          expect(await flagsOf(oracle), "control").to.equal(0n);
          const now = await twin.timestamp();
          await feed.set(answer, now, now);
          const reading = await oracle.read(true);
          expect(reading.flags).to.equal(stale | OracleFlag.noPrice);
          expect(reading.priceWad).to.equal(0n);
        });
      }

      for (const mood of ["reverts", "runsOutOfGas", "answersTooShort"] as const) {
        it(`V18 ${side} feed that ${mood}: flags, never a revert`, async () => {
          const { feed, oracle } = await make();
          expect(await flagsOf(oracle), "control").to.equal(0n);
          await feed.setMood(Mood[mood]);
          const reading = await oracle.read(true);
          expect(reading.flags).to.equal(stale | OracleFlag.noPrice);
          expect(reading.priceWad).to.equal(0n);
        });
      }

      it(`V18 ${side} feed that vanished: flags, never a revert`, async () => {
        const { feed, oracle } = await make();
        expect(await flagsOf(oracle), "control").to.equal(0n);
        await twin.rpc.request("hardhat_setCode", [await feed.getAddress(), "0x"]);
        const reading = await oracle.read(true);
        expect(reading.flags).to.equal(stale | OracleFlag.noPrice);
        expect(reading.priceWad).to.equal(0n);
      });

      it(`V02 ${side} round of five words is read, one byte less is no answer`, async () => {
        for (const [bytes, flags, priceWad] of [
          [160, 0n, 2_500n * WAD],
          [159, stale | OracleFlag.noPrice, 0n],
        ] as const) {
          const feed = await truncated(healthy, bytes);
          const reading = await (await oracleOf(side === "base" ? { baseFeed: feed } : { quoteFeed: feed })).read(true);
          expect([reading.flags, reading.priceWad], `${bytes} bytes`).to.deep.equal([flags, priceWad]);
        }
      });

      it(`V18 ${side} feed with a dirty round id: the id is nobody's business, the rest is judged as ever`, async () => {
        const { feed, oracle } = await make();
        await feed.setMood(Mood.answersDirtyRound);
        expect([...(await oracle.read(true))]).to.deep.equal([2_500n * WAD, 0n, 50n]);
        const now = await twin.timestamp();
        await feed.set(0n, now, now);
        expect([...(await oracle.read(true))]).to.deep.equal([0n, stale | OracleFlag.noPrice, 50n]);
        await feed.set(healthy, now, now + 100);
        expect([...(await oracle.read(true))]).to.deep.equal([2_500n * WAD, stale, 50n]);
      });
    }

    it("V18 an answer so small or large that the pool is nowhere near is flagged, never a revert", async () => {
      const oracle = await oracleOf();
      // One unit, the least a genuine aggregator accepts: $0.00000001. Six are a price that the pool could have.
      await submitBase(1n);
      expect([...(await oracle.read(false))]).to.deep.equal([0n, OracleFlag.noPrice, 50n]);
      await submitBase(6n);
      expect([...(await oracle.read(false))]).to.deep.equal([6n * 10n ** 10n, OracleFlag.spotDeviation, 50n]);
      // The largest answer that counts as one, and the next.
      for (const [answer, priceWad, flags] of [
        [2n ** 128n - 1n, (2n ** 128n - 1n) * 10n ** 10n, OracleFlag.spotDeviation],
        [2n ** 128n, 0n, OracleFlag.baseStale | OracleFlag.noPrice],
      ] as const) {
        const large = await oracleOf({ baseFeed: await scriptedAnswer(answer) });
        expect([...(await large.read(false))], String(answer)).to.deep.equal([priceWad, flags, 50n]);
      }
    });

    for (const baseIsToken0 of [false, true]) {
      // Token units per token unit, base for quote and quote for base, stay below 2^64. Feeds of 18 decimals say every WAD.
      it(`V02 the last price that a pool can have is one, the next is none: base is token${baseIsToken0 ? 0 : 1}`, async () => {
        const cheap = markets[baseIsToken0 ? 1 : 0] as TwinMarket; // scale 10^30
        const dear = await twin.createMarket({ baseDecimals: 6, quoteDecimals: 18, baseIsToken0 }); // scale 10^6
        const smallest = 10n ** 30n / 2n ** 64n + 1n;
        const largest = 10n ** 6n * 2n ** 64n - 1n;
        for (const [market, answer, representable] of [
          [cheap, smallest, true],
          [cheap, smallest - 1n, false],
          [cheap, 1n, false],
          [dear, largest, true],
          [dear, largest + 1n, false],
          [dear, 2n ** 128n - 1n, false],
          [dear, 1n, true],
        ] as const) {
          const oracle = await oracleOf({ baseFeed: await scriptedAnswer(answer, 18) }, market);
          await submitAnswer(twin.rpc, market.quoteFeed, 10n ** 8n);
          expect([...(await oracle.read(true))], String(answer)).to.deep.equal(
            representable
              ? [answer, OracleFlag.spotDeviation | OracleFlag.twapDeviation, 50n]
              : [0n, OracleFlag.noPrice, 50n],
          );
        }
      });
    }

    it("V18 a price that rounds to nothing is no price", async () => {
      const market = await twin.createMarket({ baseDecimals: 6, quoteDecimals: 18, baseIsToken0: true });
      const base = await scriptedAnswer(1n, 18);
      const quote = await scriptedAnswer(2n * WAD, 18);
      const oracle = await oracleOf({ baseFeed: base, quoteFeed: quote }, market);
      expect([...(await oracle.read(true))]).to.deep.equal([0n, OracleFlag.depeg | OracleFlag.noPrice, 50n]);
    });
  });

  describe("sequencer (V18)", () => {
    const GRACE = 600;
    let feed: ScriptedFeed;
    let oracle: ChainlinkOracle;
    const make = async (): Promise<void> => {
      feed = await scripted(0);
      oracle = await oracleOf({ sequencerFeed: feed, sequencerGraceSeconds: GRACE });
    };

    it("V18 down, up within grace, up after grace", async () => {
      await make();
      const startedAt = await twin.timestamp();
      await feed.set(1, startedAt, startedAt);
      await twin.advanceTo(startedAt + GRACE + 1);
      expect(await flagsOf(oracle), "down, however long").to.equal(OracleFlag.sequencerDown);

      const restartedAt = await twin.timestamp();
      await feed.set(0, restartedAt, restartedAt);
      expect(await flagsOf(oracle), "just up").to.equal(OracleFlag.sequencerDown);
      await twin.advanceTo(restartedAt + GRACE);
      expect(await flagsOf(oracle), "last second of grace").to.equal(OracleFlag.sequencerDown);
      await twin.advanceTo(restartedAt + GRACE + 1);
      expect(await flagsOf(oracle), "after grace").to.equal(0n);
    });

    it("V18 without a round, or without an answer: down; absent: not asked", async () => {
      await make();
      const long = (await twin.timestamp()) - GRACE - 100;
      await feed.set(0, long, long);
      expect(await flagsOf(oracle), "control").to.equal(0n);
      await feed.set(0, 0, 0);
      expect(await flagsOf(oracle), "no round").to.equal(OracleFlag.sequencerDown);
      await feed.set(0, long, long);
      for (const mood of ["reverts", "runsOutOfGas", "answersTooShort"] as const) {
        await feed.setMood(Mood[mood]);
        expect(await flagsOf(oracle), mood).to.equal(OracleFlag.sequencerDown);
      }
      await feed.setMood(Mood.answersDirtyRound);
      expect(await flagsOf(oracle), "the round id is nobody's business").to.equal(0n);
      await feed.set(1, long, long);
      expect(await flagsOf(oracle), "dirty and down").to.equal(OracleFlag.sequencerDown);
      await twin.rpc.request("hardhat_setCode", [await feed.getAddress(), "0x"]);
      expect(await flagsOf(oracle), "vanished").to.equal(OracleFlag.sequencerDown);
      expect(await flagsOf(await oracleOf({ sequencerFeed: ZeroAddress }))).to.equal(0n);
    });

    it("V18 a start in the future, however far, is down and does not overflow", async () => {
      await make();
      for (const startedAt of [BigInt(await twin.timestamp()) + 100n, 2n ** 128n, 2n ** 256n - 1n]) {
        await feed.set(0, startedAt, 0);
        expect(await flagsOf(oracle), String(startedAt)).to.equal(OracleFlag.sequencerDown);
      }
    });

    it("V02 without a grace period it is up a second after its start, and not in the same", async () => {
      feed = await scripted(0);
      oracle = await oracleOf({ sequencerFeed: feed, sequencerGraceSeconds: 0 });
      const startedAt = (await twin.timestamp()) + 1;
      await feed.set(0, startedAt, startedAt);
      expect(await twin.timestamp()).to.equal(startedAt);
      expect(await flagsOf(oracle), "in the same").to.equal(OracleFlag.sequencerDown);
      await twin.advance(1);
      expect(await flagsOf(oracle), "a second later").to.equal(0n);
    });
  });

  describe("peg (V23)", () => {
    it("V23 healthy at exactly the bound, flagged one unit beyond, on both sides", async () => {
      const oracle = await oracleOf();
      for (const [quoteUsd, flags] of [
        [99_000_000n, 0n],
        [98_999_999n, OracleFlag.depeg],
        [101_000_000n, 0n],
        [101_000_001n, OracleFlag.depeg],
      ] as const) {
        await submitQuote(quoteUsd);
        await submitBase(2_500n * quoteUsd); // the base costs the same in the quote
        const reading = await oracle.read(true);
        expect(reading.flags, String(quoteUsd)).to.equal(flags);
        expect(reading.priceWad).to.equal(2_500n * WAD);
      }
    });

    it("V23 quote at 0.88: deposits closed, exits open, NAV in quote and honest; open again at par", async () => {
      const world = await createVaultWorld(twin);
      await world.deposit(world.alice, "1000000");
      await world.tick();
      const atPar = (await world.snapshot()).vault;

      // ETH keeps its dollar price; in the cheaper quote it costs more, and the pool follows.
      await world.actors.step({ price: 2_500 / 0.88, quoteUsd: 0.88, seconds: 900 });
      const [book, flags] = await world.vault.book();
      expect(flags).to.equal(OracleFlag.depeg);
      await expect(world.deposit(world.bob, "1000"))
        .to.be.revertedWithCustomError(world.vault, "HedgedVault_OracleUnhealthy")
        .withArgs(OracleFlag.depeg);
      expect(await world.vault.maxDeposit(world.bob)).to.equal(0n);
      // A hedged position in quote terms: it moved by convexity only, not by the 12 % the quote lost.
      const change = Number(book.navQuote - atPar.book.navQuote) / Number(atPar.book.navQuote);
      expect(change > -0.02 && change < 0.02, `NAV moved by ${change}`).to.equal(true);
      // One third of all, so that the LP's drift does not need more than the pool bears.
      const shares = (await world.vault.balanceOf(world.alice)) / 3n;
      await world.vault.connect(world.alice).requestRedeem(shares, world.alice, world.alice);
      const paid = await world.vault.maxWithdraw(world.alice);
      const fair = book.navQuote / 3n;
      expect(paid > (fair * 98n) / 100n && paid <= (fair * 1_001n) / 1_000n, `${paid} of ${fair}`).to.equal(true);

      await world.actors.step({ price: 2_500, quoteUsd: 1, seconds: 900 });
      await world.deposit(world.bob, "1000");
      expect(await world.vault.balanceOf(world.bob)).not.to.equal(0n);
    });
  });

  describe("pool (V02)", () => {
    for (const order of [0, 1] as const) {
      it(`V02 spot one bps and a hundredth of it either side of the bound, base is token${1 - order}`, async () => {
        const market = markets[order] as TwinMarket;
        expect(market.baseIsToken0).to.equal(order === 1);
        const own = createMarketActors(twin, market);
        await own.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
        for (const maxSpotDeviationBps of [1, 100, 2_000]) {
          const oracle = await oracleOf({ maxSpotDeviationBps }, market);
          const bound = maxSpotDeviationBps;
          for (const step of [1, 0.01]) {
            for (const [deviationBps, expected] of [
              [bound - step, 0n],
              [bound + step, OracleFlag.spotDeviation],
              [-(bound - step), 0n],
              [-(bound + step), OracleFlag.spotDeviation],
            ] as const) {
              await own.moveTo(Number((2_500 * (1 + deviationBps / 10_000)).toFixed(9)));
              expect(await flagsOf(oracle), `${deviationBps} of ${bound} bps`).to.equal(expected);
              expect(await oracle.spotFlags(2_500n * WAD)).to.equal(expected);
            }
          }
        }
      });

      it(`V02 average one tick more than a bps either side of the bound, base is token${1 - order}`, async () => {
        const market = markets[order] as TwinMarket;
        const own = createMarketActors(twin, market);
        const oracle = await oracleOf({ maxSpotDeviationBps: 2_000, maxTwapDeviationBps: 150 }, market);
        // The pool has stood at 2,500 for hours; only the feed moves. The mean is a tick, so known to one bps only.
        for (const [deviationBps, expected] of [
          [148, 0n],
          [152, OracleFlag.twapDeviation],
          [-148, 0n],
          [-152, OracleFlag.twapDeviation],
        ] as const) {
          await own.pushOracle({ baseUsd: Number((2_500 / (1 + deviationBps / 10_000)).toFixed(8)), quoteUsd: 1 });
          expect(await flagsOf(oracle, true), `${deviationBps} bps`).to.equal(expected);
          expect(await flagsOf(oracle, false), "not asked").to.equal(0n);
        }
      });
    }

    it("a real move shows in the average until the window has passed; without the average it is healthy at once", async () => {
      const oracle = await oracleOf();
      await actors.moveTo(2_625);
      expect(await flagsOf(oracle, true), "feeds not yet there").to.equal(OracleFlag.spotDeviation);
      await actors.pushOracle({ baseUsd: 2_625, quoteUsd: 1 });
      expect(await flagsOf(oracle, false)).to.equal(0n);
      expect(await flagsOf(oracle, true)).to.equal(OracleFlag.twapDeviation);
      await twin.advance(defaultOracleSettings.twapWindowSeconds);
      expect(await flagsOf(oracle, true)).to.equal(0n);
    });

    it("V24 a spike of one block leaves the average healthy and the spot flagged only while it lasts", async () => {
      const oracle = await oracleOf();
      await actors.moveTo(2_600);
      expect(await flagsOf(oracle, true)).to.equal(OracleFlag.spotDeviation);
      await actors.moveTo(2_500);
      expect(await flagsOf(oracle, true)).to.equal(0n);
    });

    it("a pool that forgot the window is not healthy", async () => {
      const market = await twin.createMarket({
        baseDecimals: 18,
        quoteDecimals: 6,
        baseIsToken0: true,
        observationCardinality: 1,
      });
      const oracle = await oracleOf({}, market);
      expect(await flagsOf(oracle, true), "control").to.equal(0n);
      const own = createMarketActors(twin, market);
      await own.moveTo(2_501); // four ticks: the swap overwrites the only observation
      expect(await flagsOf(oracle, true)).to.equal(OracleFlag.twapDeviation);
      expect(await flagsOf(oracle, false)).to.equal(0n);
      await twin.advance(defaultOracleSettings.twapWindowSeconds + 1);
      expect(await flagsOf(oracle, true)).to.equal(0n);
    });
  });

  describe("constructor", () => {
    const refused = async (settings: Partial<ChainlinkOracleConfigStruct>, error: string, args: readonly unknown[]) => {
      await expect(deployOracle(deployer, venuesOf(twin, twin.market), settings))
        .to.be.revertedWithCustomError(ORACLE, error)
        .withArgs(...args);
    };
    for (const [parameter, min, max] of [
      ["baseHeartbeatSeconds", 1, 172_800],
      ["quoteHeartbeatSeconds", 1, 172_800],
      ["sequencerGraceSeconds", 0, 172_800],
      ["twapWindowSeconds", 1, 86_400],
      ["maxSpotDeviationBps", 1, 2_000],
      ["maxTwapDeviationBps", 1, 2_000],
      ["maxDepegBps", 1, 2_000],
      ["bandBps", 0, 500],
    ] as const) {
      it(`V02 takes ${parameter} from ${min} to ${max} and nothing else`, async () => {
        for (const value of min === 0 ? [max + 1] : [min - 1, max + 1]) {
          await refused({ [parameter]: value }, "ChainlinkOracle_OutOfBounds", [
            encodeBytes32String(parameter),
            value,
            min,
            max,
          ]);
        }
        for (const value of [min, max]) {
          const oracle = await oracleOf({ [parameter]: value });
          expect(await oracle[parameter]()).to.equal(BigInt(value));
        }
      });
    }

    for (const parameter of ["pool", "baseFeed", "quoteFeed", "sequencerFeed"] as const) {
      it(`refuses a ${parameter} without code`, async () => {
        const nobody = "0x000000000000000000000000000000000000dEaD";
        await refused({ [parameter]: nobody }, "ChainlinkOracle_NoCode", [encodeBytes32String(parameter), nobody]);
      });
    }

    it("refuses a base that is not in the pool", async () => {
      const stranger = (markets[1] as TwinMarket).base;
      await refused({ base: stranger }, "ChainlinkOracle_BaseNotInPool", [stranger, twin.market.pool]);
    });
  });

  it("V18 every bad reading closes deposits and keeper actions with its flags, and a good one opens them", async () => {
    const world: VaultWorld = await createVaultWorld(twin);
    await world.deposit(world.alice, "100000");
    const { epoch } = (await world.snapshot()).vault;
    const noPlan = [
      [],
      { expectedEpoch: epoch, deadline: 2n ** 48n - 1n, maxResidualDeltaBase: 0n, maxLossQuote: 0n },
    ] as const;
    const vault = world.vault.connect(world.keeper);
    await twin.advance(defaultOracleSettings.baseHeartbeatSeconds + 1);
    await expect(world.deposit(world.bob, "1"))
      .to.be.revertedWithCustomError(world.vault, "HedgedVault_OracleUnhealthy")
      .withArgs(OracleFlag.baseStale);
    await expect(vault.rebalance([...noPlan[0]], noPlan[1]))
      .to.be.revertedWithCustomError(world.vault, "HedgedVault_OracleUnhealthy")
      .withArgs(OracleFlag.baseStale);
    await actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
    await world.deposit(world.bob, "1");
    await vault.rebalance([...noPlan[0]], noPlan[1]);
    expect((await world.snapshot()).vault.epoch).to.equal(epoch + 1n);
  });
});
