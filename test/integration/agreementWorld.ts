import { Interface, parseUnits } from "ethers";

import { MAINNET } from "../../localnet/addresses.ts";
import { STABLE_PROFILE, VOLATILE_PROFILE } from "../../localnet/place/aave.ts";
import { readRound } from "../../localnet/place/chainlink.ts";
import { ERC20_ABI } from "../../localnet/place/tokens.ts";
import { POOL_ABI } from "../../localnet/place/uniswap.ts";
import { DEFAULT_LIQUIDITY } from "../../localnet/twin.ts";
import type { TwinFeed, TwinReserve } from "../../localnet/types.ts";
import { defaultOracleSettings, defaultVolatilitySettings } from "../../sdk/chain/vaultSpec.ts";
import { ExactPool, type PoolStorage } from "../../sdk/exact/pool/pool.ts";
import { AaveReserve, type RateCurve } from "../../sdk/sim/vault/aaveReserve.ts";
import { createBackgroundPool } from "../../sdk/sim/vault/background.ts";
import { type FeedRound, SimulatedOracle } from "../../sdk/sim/vault/feeds.ts";
import { SimulatedVolatility } from "../../sdk/sim/vault/realizedVolatility.ts";
import { SimulatedVault } from "../../sdk/sim/vault/vault.ts";
import type { VaultWorld } from "./world.ts";

const AAVE = new Interface([
  "function getReserveData(address asset) view returns (tuple(uint256 configuration, uint128 liquidityIndex, uint128 currentLiquidityRate, uint128 variableBorrowIndex, uint128 currentVariableBorrowRate, uint128 currentStableBorrowRate, uint40 lastUpdateTimestamp, uint16 id, address aTokenAddress, address stableDebtTokenAddress, address variableDebtTokenAddress, address interestRateStrategyAddress, uint128 accruedToTreasury, uint128 unbacked, uint128 isolationModeTotalDebt))",
]);
const SCALED = new Interface(["function scaledTotalSupply() view returns (uint256)"]);
const OBSERVATIONS = new Interface([
  "function observations(uint256) view returns (uint32 blockTimestamp, int56 tickCumulative, uint160 secondsPerLiquidityCumulativeX128, bool initialized)",
]);

/** Start price of the twin's markets unless told otherwise. */
const START_PRICE = 2_500;

/**
 * The world of a fresh vault in memory. Taken from the chain are only times, the reserves of Aave and the feeds' rounds; the pool
 * is made by the same recipe as the twin's.
 */
export async function createSimulatedWorld(world: VaultWorld): Promise<SimulatedVault> {
  const { market, twin } = world;
  const { rpc } = twin;
  const createdAt = await twin.timestamp();
  const { vault: v } = await world.snapshot();

  const [firstTime] = (await rpc.read(market.pool, OBSERVATIONS, "observations", [0])) as [bigint];
  const [, , , , cardinalityNext] = (await rpc.read(market.pool, POOL_ABI, "slot0")) as bigint[];
  const pool = createBackgroundPool(market, {
    feePips: market.feePips,
    tickSpacing: market.tickSpacing,
    priceQuotePerBase: START_PRICE,
    timestamp: Number(firstTime),
    observationCardinality: Number(cardinalityNext),
    layers: DEFAULT_LIQUIDITY,
  });
  // The layers were minted in later blocks than the pool was initialised in, which shows in the oracle only.
  const storage = pool.toStorage();
  const entries = await readObservations(world);
  const oracle = new SimulatedOracle(market, defaultOracleSettings, {
    base: await roundOf(world, market.baseFeed),
    quote: await roundOf(world, market.quoteFeed),
  });
  const aave = {
    base: await readReserve(world, market.baseReserve, VOLATILE_PROFILE),
    quote: await readReserve(world, market.quoteReserve, STABLE_PROFILE),
    liquidationThresholdBps: BigInt(STABLE_PROFILE.liquidationThresholdBps),
    loanToValueBps: BigInt(STABLE_PROFILE.ltvBps),
  };
  return new SimulatedVault(
    {
      name: v.name,
      symbol: v.symbol,
      base: v.base,
      quote: v.quote,
      policy: v.policy.params,
      depositCapQuote: v.depositCapQuote,
      ...(BigInt(v.fees.recipient) === 0n ? {} : { feeRecipient: v.fees.recipient }),
      managementBps: v.fees.managementBps,
      performanceBps: v.fees.performanceBps,
    },
    market,
    {
      pool: ExactPool.fromStorage(market, { ...storage, observations: entries }),
      oracle,
      aave,
      volatility: new SimulatedVolatility(defaultVolatilitySettings),
    },
    createdAt,
  );
}

async function readObservations({ market, twin }: VaultWorld): Promise<NonNullable<PoolStorage["observations"]>> {
  const slot0 = (await twin.rpc.read(market.pool, POOL_ABI, "slot0")) as bigint[];
  const [index, cardinality, cardinalityNext] = [slot0[2], slot0[3], slot0[4]].map(Number) as [number, number, number];
  const entries = [];
  for (let slot = 0; slot <= index; slot++) {
    const [time, tickCumulative, secondsPerLiquidityCumulativeX128] = (await twin.rpc.read(
      market.pool,
      OBSERVATIONS,
      "observations",
      [slot],
    )) as [bigint, bigint, bigint];
    entries.push({ blockTimestamp: Number(time), tickCumulative, secondsPerLiquidityCumulativeX128 });
  }
  return { entries, index, cardinality, cardinalityNext };
}

async function roundOf({ twin }: VaultWorld, feed: TwinFeed): Promise<FeedRound> {
  const round = await readRound(twin.rpc, feed);
  if (round === undefined) throw new Error("a feed of the twin has no round");
  return { answer: round.answer, updatedAt: round.updatedAtSeconds };
}

async function readReserve(
  { twin }: VaultWorld,
  reserve: TwinReserve,
  profile: typeof VOLATILE_PROFILE,
): Promise<AaveReserve> {
  const { rpc } = twin;
  const [data] = (await rpc.read(MAINNET.aavePool, AAVE, "getReserveData", [reserve.asset])) as [
    Record<string, bigint>,
  ];
  const [scaledDebt] = (await rpc.read(reserve.variableDebtToken, SCALED, "scaledTotalSupply")) as [bigint];
  const [available] = (await rpc.read(reserve.asset, ERC20_ABI, "balanceOf", [reserve.aToken])) as [bigint];
  const ray = (percent: string): bigint => parseUnits(percent, 25);
  const curve: RateCurve = {
    baseRateRay: 0n,
    optimalUsageRay: ray(profile.optimalUsagePercent),
    slope1Ray: ray(profile.slope1Percent),
    slope2Ray: ray(profile.slope2Percent),
    reserveFactorBps: BigInt(profile.reserveFactorBps),
  };
  return new AaveReserve(
    {
      liquidityIndexRay: data["liquidityIndex"] as bigint,
      borrowIndexRay: data["variableBorrowIndex"] as bigint,
      supplyRateRay: data["currentLiquidityRate"] as bigint,
      borrowRateRay: data["currentVariableBorrowRate"] as bigint,
      updatedAt: Number(data["lastUpdateTimestamp"]),
      scaledDebt,
      available,
    },
    curve,
  );
}
