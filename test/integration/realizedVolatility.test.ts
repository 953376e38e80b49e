import { expect } from "chai";
import { Contract, ContractFactory, type ContractTransactionReceipt, Interface, type Signer } from "ethers";
import { after, afterEach, before, describe, it } from "mocha";

import artifact from "../../artifacts/contracts/oracles/RealizedVolatility.sol/RealizedVolatility.json" with { type: "json" };
import { createMarketActors } from "../../localnet/market.ts";
import { POOL_ABI } from "../../localnet/place/uniswap.ts";
import { loadRecordedPool, RECORDING_ABSENT } from "../../localnet/recordedPool.ts";
import { readRecordedState } from "../../localnet/recordedState.ts";
import { abiOf } from "../../localnet/rpc.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import { BPS_PER_UNIT, SECONDS_PER_YEAR } from "../../sdk/math/units.ts";
import {
  computeRealisedVolatility,
  computeTickCumulativeVolatility,
  type PriceSample,
} from "../../sdk/math/volatility.ts";
import { createRandomSource, type RandomSource } from "../../sdk/sim/random.ts";
import type {
  RealizedVolatility,
  RealizedVolatilityConfigStruct,
} from "../../types/contracts/oracles/RealizedVolatility.ts";
import { expectClose } from "../support/close.ts";

const DAY_SECONDS = 86_400;
const INTERVALS = 12;
const MAX_BPS = 30_000n;
const SEED = 20_261_122;
const SIGMA = 0.7;
/** A day of these leaves 288 observations, which fit the twin's ring of 300. */
const STEP_SECONDS = 300;
/**
 * Relative standard error of a variance measured from n intervals: neighbouring differences of means are correlated with
 * 1/4, so that n - 1 of them are worth a ninth less.
 */
const varianceError = (intervals: number): number => Math.sqrt((2 * 1.125) / (intervals - 1));

const INTERFACE = new Interface(artifact.abi);
const OBSERVATIONS_ABI = abiOf([
  "function observations(uint256 index) view returns (uint32 blockTimestamp, int56 tickCumulative, uint160 secondsPerLiquidityCumulativeX128, bool initialized)",
]);

interface Measurement {
  readonly measuredBps: bigint;
  readonly volatilityBps: bigint;
  readonly windowSeconds: bigint;
  readonly gasUsed: bigint;
}

async function deployMeasure(
  twin: Twin,
  settings: Partial<RealizedVolatilityConfigStruct> = {},
): Promise<RealizedVolatility> {
  const [deployer] = (await twin.ethers.getSigners()) as readonly Signer[] as [Signer];
  const config: RealizedVolatilityConfigStruct = {
    pool: twin.market.pool,
    windowSeconds: DAY_SECONDS,
    minWindowSeconds: 1_800,
    refreshSeconds: 3_600,
    intervals: INTERVALS,
    ...settings,
  };
  const deployed = await new ContractFactory(artifact.abi, artifact.bytecode, deployer).deploy(config);
  return new Contract(await deployed.getAddress(), artifact.abi, deployer) as unknown as RealizedVolatility;
}

/** Refreshes; undefined values where nothing was measured. */
async function refresh(measure: RealizedVolatility): Promise<Measurement | undefined> {
  const receipt = (await (await measure.refresh()).wait()) as ContractTransactionReceipt;
  const [log] = receipt.logs;
  if (log === undefined) return undefined;
  const args = INTERFACE.parseLog(log)?.args;
  return {
    measuredBps: args?.["measuredBps"] as bigint,
    volatilityBps: args?.["volatilityBps"] as bigint,
    windowSeconds: args?.["windowSeconds"] as bigint,
    gasUsed: receipt.gasUsed,
  };
}

/** The sdk's estimate in bps from the same readings of the pool, at the latest block. */
async function estimateBps(
  twin: Twin,
  pool: string,
  windowSeconds: number,
  intervals: number = INTERVALS,
): Promise<number> {
  const secondsAgos = Array.from({ length: intervals + 1 }, (_, i) => windowSeconds - (i * windowSeconds) / intervals);
  const [cumulatives] = (await twin.rpc.read(pool, POOL_ABI, "observe", [secondsAgos])) as unknown as [bigint[]];
  const now = await twin.timestamp();
  const samples = cumulatives.map((tickCumulative, i) => ({
    timestampSeconds: now - (secondsAgos[i] ?? NaN),
    tickCumulative,
  }));
  return computeTickCumulativeVolatility(samples) * BPS_PER_UNIT;
}

/** Time of the oldest observation in a ring that has gone round. */
async function readOldest(twin: Twin, pool: string): Promise<number> {
  const [, , index, cardinality] = (await twin.rpc.read(pool, POOL_ABI, "slot0")) as unknown as readonly bigint[];
  const oldest = ((index ?? 0n) + 1n) % (cardinality ?? 1n);
  const [blockTimestamp] = await twin.rpc.read(pool, OBSERVATIONS_ABI, "observations", [oldest]);
  return Number(blockTimestamp);
}

/** A geometric Brownian motion, one step at a time. */
function createWalk(random: RandomSource, startPrice: number): () => number {
  let logPrice = Math.log(startPrice);
  const deviation = SIGMA * Math.sqrt(STEP_SECONDS / SECONDS_PER_YEAR);
  return () => {
    logPrice += deviation * random.normal() - deviation ** 2 / 2;
    return Number(Math.exp(logPrice).toFixed(6));
  };
}

/** The arbitrageur takes the markets along the walk. Returns the prices, the first one being that before. */
async function drive(
  twin: Twin,
  walk: () => number,
  seconds: number,
  markets: readonly TwinMarket[] = [twin.market],
): Promise<readonly PriceSample[]> {
  const actors = markets.map((market) => createMarketActors(twin, market));
  const start = await twin.timestamp();
  const price = (await actors[0]?.readPrice()) ?? NaN;
  const path: PriceSample[] = [{ timestampSeconds: start, price }];
  for (let at = start + STEP_SECONDS; at <= start + seconds; at += STEP_SECONDS) {
    const next = walk();
    for (const [i, actor] of actors.entries()) {
      await twin.setNextTimestamp(at + i);
      await actor.moveTo(next);
    }
    path.push({ timestampSeconds: at, price: next });
  }
  return path;
}

describe("RealizedVolatility on the genuine pool", () => {
  let twin: Twin;
  let pristine: TwinSnapshot;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    pristine = await twin.snapshot();
  });
  afterEach(() => twin.revert(pristine));
  after(() => twin.close());

  it(`recovers the volatility of a random walk, and says what the sdk says (seed ${SEED})`, async () => {
    const days = 8;
    const measure = await deployMeasure(twin);
    const walk = createWalk(createRandomSource(SEED), 2_500);
    const own: number[] = [];
    const paths: number[] = [];
    for (let day = 0; day < days; day++) {
      const path = await drive(twin, walk, DAY_SECONDS);
      const done = await refresh(measure);
      expect(done?.windowSeconds).to.equal(BigInt(DAY_SECONDS));
      const measured = Number(done?.measuredBps);
      expectClose(measured, await estimateBps(twin, twin.market.pool, DAY_SECONDS), 1, `bps on day ${day}`);
      own.push((measured / BPS_PER_UNIT) ** 2);
      paths.push(computeRealisedVolatility(path) ** 2);
    }
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const error = varianceError(INTERVALS) / Math.sqrt(days);
    expectClose(mean(own) / SIGMA ** 2, 1, error, "variance against that of the model");
    expectClose(mean(own) / mean(paths), 1, error, "variance against that of the prices");
    // Without the 3/2 for averages it would be a third less, which is out of the question.
    expect(mean(own) / mean(paths) / 1.5 < 1 - error).to.equal(true);
  });

  it(`finds the same with more intervals, four times as finely (seed ${SEED})`, async () => {
    const intervals = 48;
    const measure = await deployMeasure(twin, { intervals, minWindowSeconds: 7_200 });
    const path = await drive(twin, createWalk(createRandomSource(SEED), 2_500), DAY_SECONDS);
    const measured = Number((await refresh(measure))?.measuredBps);
    expectClose(measured, await estimateBps(twin, twin.market.pool, DAY_SECONDS, intervals), 1, "bps");
    const ratio = (measured / BPS_PER_UNIT / computeRealisedVolatility(path)) ** 2;
    expectClose(ratio, 1, 2 * varianceError(intervals), "variance against that of the prices");
  });

  it("V17 says the same for both token orders", async () => {
    const flipped = await twin.createMarket({ baseDecimals: 18, quoteDecimals: 6, baseIsToken0: true });
    expect(flipped.baseIsToken0).to.equal(!twin.market.baseIsToken0);
    await drive(twin, createWalk(createRandomSource(SEED), 2_500), DAY_SECONDS, [twin.market, flipped]);
    const there = await (await deployMeasure(twin)).volatilityBps();
    const back = await (await deployMeasure(twin, { pool: flipped.pool })).volatilityBps();
    expect(there).to.be.greaterThan(1_000n);
    // Ticks are rounded down in both, and one pool moves a second after the other.
    expectClose(Number(back) / Number(there), 1, 0.005);
  });

  it("measures as much as the ring holds where that is less than the window", async () => {
    const market = await twin.createMarket({
      baseDecimals: 18,
      quoteDecimals: 6,
      baseIsToken0: true,
      observationCardinality: 100,
    });
    await drive(twin, createWalk(createRandomSource(SEED), 2_500), DAY_SECONDS, [market]);
    const done = await refresh(await deployMeasure(twin, { pool: market.pool }));
    const remembered = (await twin.timestamp()) - (await readOldest(twin, market.pool));
    expect(remembered).to.be.within(99 * STEP_SECONDS, 110 * STEP_SECONDS); // some steps stay within a tick
    expect(Number(done?.windowSeconds)).to.equal(Math.floor(remembered / INTERVALS) * INTERVALS);
    expectClose(Number(done?.measuredBps), await estimateBps(twin, market.pool, Number(done?.windowSeconds)), 1);
  });

  it("is zero for the pool as handed over, which stood still for two hours, and unknown for a ring of one", async () => {
    const done = await refresh(await deployMeasure(twin));
    expect(done?.measuredBps).to.equal(0n);
    expect(Number(done?.windowSeconds)).to.be.within(7_100, 7_300);
    const market = await twin.createMarket({
      baseDecimals: 18,
      quoteDecimals: 6,
      baseIsToken0: true,
      observationCardinality: 1,
    });
    const unknown = await refresh(await deployMeasure(twin, { pool: market.pool }));
    expect(unknown).to.deep.include({ measuredBps: MAX_BPS, volatilityBps: MAX_BPS, windowSeconds: 0n });
  });

  it("V24 a spot price pushed by 10 % for one block moves it by less than a hundredth either way", async () => {
    const walk = createWalk(createRandomSource(SEED), 2_500);
    await drive(twin, walk, DAY_SECONDS / 2);
    const middle = await twin.snapshot();
    const finish = async (factor: number): Promise<number> => {
      await twin.revert(middle);
      const actors = createMarketActors(twin);
      const price = await actors.readPrice();
      const start = await twin.timestamp();
      await twin.setNextTimestamp(start + 60);
      await actors.moveTo(price * factor);
      await twin.setNextTimestamp(start + 72);
      await actors.moveTo(price);
      await twin.advanceTo(start + 60 + DAY_SECONDS / 2);
      return Number(await (await deployMeasure(twin)).volatilityBps());
    };
    const calm = await finish(1.000_001);
    for (const factor of [1.1, 1 / 1.1]) {
      const pushed = await finish(factor);
      expect(pushed).not.to.equal(calm);
      expectClose(pushed / calm, 1, 0.01, `factor ${factor}`);
    }
  });

  it("answers from one slot while fresh, and measures an hour later", async () => {
    const measure = await deployMeasure(twin);
    const walk = createWalk(createRandomSource(SEED), 2_500);
    await drive(twin, walk, DAY_SECONDS);
    const first = await refresh(measure);
    const at = await measure.measuredAt();
    expect(at).to.equal(BigInt(await twin.timestamp()));
    const fresh = (await (await measure.refresh()).wait()) as ContractTransactionReceipt;
    expect(fresh.logs).to.deep.equal([]);
    // Beside what every transaction costs: 21,000 and four bytes of input.
    expect(fresh.gasUsed - 21_064n).to.be.lessThan(3_500n);
    await drive(twin, walk, 3_300);
    expect(await measure.volatilityBps()).to.equal(first?.volatilityBps);
    await twin.advanceTo(Number(at) + 3_601);
    const promised = await measure.volatilityBps();
    expect(promised).not.to.equal(first?.volatilityBps);
    await refresh(measure);
    expect(await measure.measuredAt()).to.be.greaterThan(at);
    expectClose(Number(await measure.volatilityBps()), Number(promised), 10, "a second later");
  });
});

describe("RealizedVolatility on the recorded mainnet pool", () => {
  if (readRecordedState() === undefined) {
    it(RECORDING_ABSENT);
    return;
  }

  it("knows nothing from the one observation of the recording, and measures once the pool remembers", async () => {
    const recorded = await loadRecordedPool();
    if (recorded === undefined) throw new Error(RECORDING_ABSENT);
    const { twin, pool } = recorded;
    try {
      // A pool of 0.3 %: intervals of half an hour at least.
      const measure = await deployMeasure(twin, { minWindowSeconds: 6 * 3_600, refreshSeconds: 3_600 });
      expect(await measure.volatilityBps()).to.equal(MAX_BPS);
      const path = await drive(twin, createWalk(createRandomSource(SEED), recorded.priceUsdcPerWeth), DAY_SECONDS);
      const done = await refresh(measure);
      expect(done?.windowSeconds).to.equal(BigInt(DAY_SECONDS));
      expectClose(Number(done?.measuredBps), await estimateBps(twin, pool, DAY_SECONDS), 1, "bps");
      const ratio = (Number(done?.measuredBps) / BPS_PER_UNIT / computeRealisedVolatility(path)) ** 2;
      expectClose(ratio, 1, 2 * varianceError(INTERVALS), "variance against that of the prices");
    } finally {
      await twin.close();
    }
  });
});
