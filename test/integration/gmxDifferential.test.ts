import { createRequire } from "node:module";

import { expect } from "chai";
import { AbiCoder, Contract, type InterfaceAbi, keccak256 } from "ethers";
import hre from "hardhat";
import { after, afterEach, before, describe, it } from "mocha";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";

import { GMX_GENERAL, GMX_MARKET, GMX_MARKET_BY_SIDE } from "../../localnet/gmx/config.ts";
import { gmxKey, gmxPrice } from "../../sdk/chain/gmxKeys.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import type { IGmxV2Reader } from "../../types/contracts/interfaces/external/gmx/IGmxV2.sol/IGmxV2Reader.ts";
import { createGmxWorld, type GmxWorld, openLong, USD, USDC, WETH } from "./gmxWorld.ts";

const require = createRequire(import.meta.url);

/** The venue's own arithmetic off the chain, as its interface uses it. */
interface VenueMath {
  getCappedPositionImpactUsd(
    market: object,
    sizeDeltaUsd: bigint,
    isLong: boolean,
    isIncrease: boolean,
  ): { readonly priceImpactDeltaUsd: bigint; readonly balanceWasImproved: boolean };
}
interface VenuePositions {
  getLiquidationPrice(position: object): bigint | undefined;
}

describe("the simulated GMX against the venue's own arithmetic", () => {
  const fees = require("@gmx-io/sdk/utils/fees/priceImpact") as VenueMath;
  const positions = require("@gmx-io/sdk/utils/positions") as VenuePositions;
  let twin: Twin;
  let world: GmxWorld;
  let reader: IGmxV2Reader;
  let start: TwinSnapshot;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createGmxWorld(twin);
    await world.deposit(world.alice, "1000000");
    await world.adjust(-100n * WETH, 100_000n * USDC);
    await world.answer();
    await (await world.vault.reconcile()).wait();
    reader = new Contract(
      world.gmx.addresses.reader,
      (await hre.artifacts.readArtifact("IGmxV2Reader")).abi as InterfaceAbi,
      world.admin,
    ) as unknown as IGmxV2Reader;
    start = await twin.snapshot();
  });
  afterEach(async () => {
    await twin.revert(start);
    await world.gmx.setPrices(2_500);
  });
  after(() => twin.close());

  const prices = (base: number) => {
    const one = (price: bigint) => ({ min: price, max: price });
    const index = one(gmxPrice(base, 18));
    return { indexTokenPrice: index, longTokenPrice: index, shortTokenPrice: one(gmxPrice(1, 6)) };
  };
  const positionKey = (): string =>
    keccak256(
      AbiCoder.defaultAbiCoder().encode(
        ["address", "address", "address", "bool"],
        [world.hedgeAddress, world.gmx.addresses.market, world.market.quote, false],
      ),
    );
  const infoAt = async (base: number, sizeUsd: bigint) => {
    const { dataStore, referralStorage } = world.gmx.addresses;
    const key = positionKey();
    return await reader.getPositionInfo(
      dataStore,
      referralStorage,
      key,
      prices(base),
      sizeUsd,
      world.hedgeAddress,
      false,
    );
  };
  const interest = (token: string, isLong: boolean): string =>
    gmxKey("OPEN_INTEREST", ["address", world.gmx.addresses.market], ["address", token], ["bool", isLong]);
  const marketInfo = (longs: bigint, shorts: bigint, base = 2_500) => ({
    longInterestUsd: longs,
    shortInterestUsd: shorts,
    useOpenInterestInTokensForBalance: false,
    virtualInventoryForPositions: 0n,
    positionImpactFactorPositive: GMX_MARKET_BY_SIDE.POSITION_IMPACT_FACTOR.true,
    positionImpactFactorNegative: GMX_MARKET_BY_SIDE.POSITION_IMPACT_FACTOR.false,
    positionImpactExponentFactorPositive: GMX_MARKET_BY_SIDE.POSITION_IMPACT_EXPONENT_FACTOR.true,
    positionImpactExponentFactorNegative: GMX_MARKET_BY_SIDE.POSITION_IMPACT_EXPONENT_FACTOR.false,
    maxPositionImpactFactorPositive: GMX_MARKET_BY_SIDE.MAX_POSITION_IMPACT_FACTOR.true,
    maxPositionImpactFactorNegative: GMX_MARKET_BY_SIDE.MAX_POSITION_IMPACT_FACTOR.false,
    maxPositionImpactFactorForLiquidations: GMX_MARKET.MAX_POSITION_IMPACT_FACTOR_FOR_LIQUIDATIONS,
    minCollateralFactorForLiquidation: GMX_MARKET.MIN_COLLATERAL_FACTOR_FOR_LIQUIDATION,
    positionFeeFactorForBalanceWasImproved: GMX_MARKET_BY_SIDE.POSITION_FEE_FACTOR.true,
    positionFeeFactorForBalanceWasNotImproved: GMX_MARKET_BY_SIDE.POSITION_FEE_FACTOR.false,
    indexToken: {
      address: world.market.base,
      decimals: 18,
      prices: { minPrice: BigInt(base) * USD, maxPrice: BigInt(base) * USD },
    },
  });

  it("price impact of a decrease is the same to a trillionth of a dollar, balanced, crossing and not", async () => {
    const random = xoroshiro128plus(5);
    const kinds = { improved: 0, worsened: 0 };
    for (let i = 0; i < 40; i++) {
      const longs = BigInt(uniformInt(random, 0, 5_000_000)) * USD;
      const shorts = BigInt(uniformInt(random, 300_000, 5_000_000)) * USD;
      const size = BigInt(uniformInt(random, 1, 250_000)) * USD;
      await world.gmx.setUint(interest(world.market.base, true), longs);
      await world.gmx.setUint(interest(world.market.quote, false), shorts);
      const { executionPriceResult: mine } = await infoAt(2_500, size);
      const theirs = fees.getCappedPositionImpactUsd(marketInfo(longs, shorts), size, false, false);
      expect(mine.balanceWasImproved).to.equal(theirs.balanceWasImproved);
      kinds[mine.balanceWasImproved ? "improved" : "worsened"]++;
      const off = mine.priceImpactUsd - theirs.priceImpactDeltaUsd;
      expect(off < USD / 10n ** 12n && off > -USD / 10n ** 12n, `${longs} ${shorts} ${size}: ${off}`).to.equal(true);
    }
    expect(kinds.improved > 3 && kinds.worsened > 3, JSON.stringify(kinds)).to.equal(true);
  });

  it("liquidates where the venue's own formula says, and the hedge's health says it first", async () => {
    await openLong(world, world.guardian, 400_000n * USD, 80n * WETH);
    const { marketToken, indexToken, longToken, shortToken } = await reader.getMarket(
      world.gmx.addresses.dataStore,
      world.gmx.addresses.market,
    );
    const market = { marketToken, indexToken, longToken, shortToken };
    for (const margin of [0n, 50_000n]) {
      if (margin > 0n) {
        await world.adjust(0n, margin * USDC);
        expect(await world.answer()).to.deep.equal(["executed"]);
      }
      const info = await infoAt(2_500, 0n);
      const { sizeInUsd, sizeInTokens, collateralAmount, pendingImpactAmount } = info.position.numbers;
      const liquidation = positions.getLiquidationPrice({
        sizeInUsd,
        sizeInTokens,
        collateralUsd: collateralAmount * gmxPrice(1, 6),
        collateralAmount,
        collateralToken: { address: world.market.quote, decimals: 6 },
        marketInfo: marketInfo(400_000n * USD, 250_000n * USD),
        pendingFundingFeesUsd: info.fees.funding.fundingFeeAmount * gmxPrice(1, 6),
        pendingBorrowingFeesUsd: info.fees.borrowing.borrowingFeeUsd,
        pendingImpactAmount,
        minCollateralUsd: GMX_GENERAL.MIN_COLLATERAL_USD,
        isLong: false,
        userReferralInfo: undefined,
      });
      const usd = Number((liquidation ?? 0n) / 10n ** 22n) / 1e8;
      const ours = (2_500 * Number((await world.read()).healthWad)) / 1e18;
      // Never later than the venue, and at most the capped impact of closing earlier.
      expect(ours).to.be.within(usd * 0.994, usd * 1.000_1);
      const liquidatableAt = async (price: number): Promise<boolean> =>
        (
          await reader.isPositionLiquidatable(
            world.gmx.addresses.dataStore,
            world.gmx.addresses.referralStorage,
            positionKey(),
            market,
            prices(price),
            true,
            true,
          )
        )[0];
      expect([await liquidatableAt(usd * 0.999), await liquidatableAt(usd * 1.001)]).to.deep.equal([false, true]);
    }
  });

  it("funding flows from the larger side to the smaller and adds up", async () => {
    await openLong(world, world.guardian, 1_000_000n * USD, 200n * WETH);
    const before = (await infoAt(2_500, 0n)).fees.funding;
    await twin.advance(86_400);
    const day = (await infoAt(2_500, 0n)).fees.funding;
    expect(day.fundingFeeAmount, "shorts pay nothing").to.equal(before.fundingFeeAmount);
    // The rate grows to at most 75 % a year of a million, within hours: below 2,055 dollars a day, all to the one short.
    const receivedUsd = (Number(day.claimableLongTokenAmount - before.claimableLongTokenAmount) / 1e18) * 2_500;
    expect(receivedUsd).to.be.within(500, 2_055);
  });
});
