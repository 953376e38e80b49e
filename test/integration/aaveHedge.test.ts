import { expect } from "chai";
import { AbiCoder, Contract, ContractFactory, Interface, type Signer } from "ethers";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";

import loneVault from "../../artifacts/test/contracts/LoneVault.sol/LoneVault.json" with { type: "json" };
import { DEPLOYERS, MAINNET } from "../../localnet/addresses.ts";
import { submitAnswer } from "../../localnet/place/chainlink.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import type { TwinMarket } from "../../localnet/types.ts";
import { aaveHedgeContract, erc20Contract, erc20Interface } from "../../sdk/chain/contracts.ts";
import type { AaveV3Hedge } from "../../types/contracts/hedges/AaveV3Hedge.ts";
import type { LoneVault } from "../../types/test/contracts/LoneVault.ts";
import { createPoolRandom } from "../unit/sdk/exact/random.ts";
import { createVaultWorld, type VaultWorld } from "./world.ts";

const AAVE_POOL = new Interface([
  "function supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode)",
  "function repay(address asset, uint256 amount, uint256 mode, address onBehalfOf) returns (uint256)",
  "function liquidationCall(address collateral, address debt, address user, uint256 debtToCover, bool receiveAToken)",
  "function getUserAccountData(address user) view returns (uint256 totalCollateralBase, uint256 totalDebtBase, uint256 availableBorrowsBase, uint256 currentLiquidationThreshold, uint256 ltv, uint256 healthFactor)",
]);
const DATA_PROVIDER = new Interface([
  "function getUserReserveData(address asset, address user) view returns (uint256 currentATokenBalance, uint256 currentStableDebt, uint256 currentVariableDebt, uint256 principalStableDebt, uint256 scaledVariableDebt, uint256 stableBorrowRate, uint256 liquidityRate, uint40 stableRateLastUpdated, bool usageAsCollateralEnabled)",
  "function getReserveData(address) view returns (uint256 unbacked, uint256 accruedToTreasuryScaled, uint256 totalAToken, uint256 totalStableDebt, uint256 totalVariableDebt, uint256 liquidityRate, uint256 variableBorrowRate, uint256 stableBorrowRate, uint256 averageStableBorrowRate, uint256 liquidityIndex, uint256 variableBorrowIndex, uint40 lastUpdateTimestamp)",
]);
const SCALED = new Interface(["function scaledBalanceOf(address) view returns (uint256)"]);
const USDC = 10n ** 6n;
const WETH = 10n ** 18n;
const WAD = 10n ** 18n;
const MAX_UINT256 = 2n ** 256n - 1n;
const Kind = { remove: 0, add: 1, adjust: 2, swap: 3 } as const;
/** Wide enough for any single step of these tests; the vault's own bands are riskPolicy.test.ts's matter. */
const LOOSE = { maxLossBpsPerDay: 1_000n, maxSlippageBps: 500n, healthFloorWad: 1_020_000_000_000_000_000n };

interface Step {
  readonly kind: number;
  readonly hedgeIndex: number;
  readonly tickLower: number;
  readonly tickUpper: number;
  readonly amount: bigint;
  readonly marginQuote: bigint;
}
const step = (kind: number, amount: bigint, rest: Partial<Step> = {}): Step => ({
  kind,
  hedgeIndex: 0,
  tickLower: 0,
  tickUpper: 0,
  amount,
  marginQuote: 0n,
  ...rest,
});
const adjust = (amount: bigint, marginQuote = 0n): Step => step(Kind.adjust, amount, { marginQuote });
const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;

describe("AaveV3Hedge on genuine Aave", () => {
  let twin: Twin;
  let pristine: TwinSnapshot;
  let world: VaultWorld;
  let hedge: AaveV3Hedge;
  let hedgeAddress: string;
  let bob: Signer;
  let market: TwinMarket;

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
    world = await createVaultWorld(twin, { policy: LOOSE });
    market = world.market;
    hedgeAddress = world.addresses.hedges[0] as string;
    hedge = aaveHedgeContract(hedgeAddress, world.admin);
    bob = world.bob;
    await world.deposit(world.alice, "2000000");
    pristine = await twin.snapshot();
  });
  afterEach(() => twin.revert(pristine));
  after(() => twin.close());

  const promiseOf = async (of: VaultWorld) => ({
    expectedEpoch: await of.vault.epoch(),
    deadline: 2n ** 48n - 1n,
    maxResidualDeltaBase: MAX_UINT256,
    maxLossQuote: MAX_UINT256,
  });
  const act = async (...steps: readonly Step[]) => actIn(world, ...steps);
  const actIn = async (of: VaultWorld, ...steps: readonly Step[]) =>
    of.vault.connect(of.keeper).rebalance([...steps], await promiseOf(of));
  const reserveOf = async (asset: string, user: string) => {
    const data = await twin.rpc.read(MAINNET.aaveProtocolDataProvider, DATA_PROVIDER, "getUserReserveData", [
      asset,
      user,
    ]);
    return { aTokens: data[0] as bigint, debt: data[2] as bigint, isCollateral: data[8] as boolean };
  };
  const healthFactorOf = async (user: string): Promise<bigint> =>
    (await twin.rpc.read(MAINNET.aavePool, AAVE_POOL, "getUserAccountData", [user]))[5] as bigint;
  const balance = async (token: string, of: string): Promise<bigint> =>
    erc20Contract(token, twin.ethers.provider).balanceOf(of);
  /** Nothing may rest in an adapter, and nobody may be able to take anything from it. */
  const expectClean = async (adapter: string, of: TwinMarket): Promise<void> => {
    for (const token of [of.base, of.quote]) {
      expect(await balance(token, adapter), "balance").to.equal(0n);
      const allowance = await erc20Contract(token, twin.ethers.provider).allowance(adapter, MAINNET.aavePool);
      expect(allowance, "allowance").to.equal(0n);
    }
  };
  const sendAs = async (who: Signer, to: string, abi: Interface, method: string, args: readonly unknown[]) => {
    const response = await who.sendTransaction({ to, data: abi.encodeFunctionData(method, args) });
    return await response.wait();
  };
  /** Gives bob raw units of a token and lets Aave take them. */
  const armBob = async (token: string, amount: bigint): Promise<void> => {
    await twin.mint(token, await bob.getAddress(), amount);
    await sendAs(bob, token, erc20Interface, "approve", [MAINNET.aavePool, amount]);
  };
  const liquidate = async (debtToCover: bigint): Promise<void> => {
    await armBob(market.base, debtToCover);
    await sendAs(bob, MAINNET.aavePool, AAVE_POOL, "liquidationCall", [
      market.quote,
      market.base,
      hedgeAddress,
      debtToCover,
      false,
    ]);
  };
  /** 280 WETH short on $1M: health 1.11, so that a rise of a seventh makes it liquidatable. */
  const openFragile = () => act(adjust(-280n * WETH, 1_000_000n * USDC));

  describe("state against Aave's own books", () => {
    const expectAavesBooks = async (of: VaultWorld, priceWad: bigint, note: string): Promise<void> => {
      const address = of.addresses.hedges[0] as string;
      const own = aaveHedgeContract(address, of.admin);
      const state = await own.read(priceWad);
      const collateral = await reserveOf(of.market.quote, address);
      const debt = await reserveOf(of.market.base, address);
      expect([...(await own.position())], note).to.deep.equal([collateral.aTokens, debt.debt]);
      expect(await balance(of.market.quoteReserve.aToken, address)).to.equal(collateral.aTokens);
      expect(await balance(of.market.baseReserve.variableDebtToken, address)).to.equal(debt.debt);
      expect(collateral.isCollateral).to.equal(true);
      expect(state.deltaBase, note).to.equal(-debt.debt);
      const scale = 10n ** BigInt(18 + of.market.baseDecimals - of.market.quoteDecimals);
      const equity = collateral.aTokens - ceilDiv(debt.debt * priceWad, scale);
      expect([state.equityMinQuote, state.equityMaxQuote], note).to.deep.equal([equity, equity]);
      // Aave counts in dollars with 8 decimals: position values of $1M and more agree to 12 digits.
      const aave = await healthFactorOf(address);
      const apart = aave > state.healthWad ? aave - state.healthWad : state.healthWad - aave;
      expect(apart <= aave / 10n ** 11n, `${note}: health ${state.healthWad}, Aave says ${aave}`).to.equal(true);
      expect([state.pending, state.lost], note).to.deep.equal([false, false]);
    };

    it("is empty before the first order", async () => {
      const state = await hedge.read(2_500n * WAD);
      expect([...state]).to.deep.equal([0n, 0n, 0n, MAX_UINT256, false, false]);
      expect(await hedge.marginFactorWad()).to.equal(780_000_000_000_000_000n);
      expect(await hedge.venue()).to.equal("aave-v3-short");
    });

    it("equals Aave's over a month, at any feed price and with a quote off par", async () => {
      await act(adjust(-200n * WETH, 1_000_000n * USDC));
      const random = createPoolRandom(7);
      await expectAavesBooks(world, 2_500n * WAD, "at once");
      for (let i = 0; i < 8; i++) {
        await twin.advance(random.int(1, 8 * 86_400));
        const baseUsd = BigInt(random.int(2_000_00000000 / 1_000, 3_500_00000000 / 1_000)) * 1_000n;
        const quoteUsd = BigInt(random.int(98_000_000, 102_000_000));
        await submitAnswer(twin.rpc, market.baseFeed, baseUsd);
        await submitAnswer(twin.rpc, market.quoteFeed, quoteUsd);
        await expectAavesBooks(world, (baseUsd * WAD) / quoteUsd, `round ${i}`);
      }
    });

    for (const [baseDecimals, quoteDecimals, baseIsToken0] of [
      [8, 6, true],
      [6, 18, false],
      [18, 18, true],
      [6, 6, false],
    ] as const) {
      it(`V17 equals Aave's with base ${baseDecimals} and quote ${quoteDecimals} decimals`, async () => {
        const created = await twin.createMarket({ baseDecimals, quoteDecimals, baseIsToken0 });
        const own = await createVaultWorld(twin, { market: created, policy: LOOSE });
        await own.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
        await own.deposit(own.alice, "2000000");
        const wholeBase = 10n ** BigInt(baseDecimals);
        const wholeQuote = 10n ** BigInt(quoteDecimals);
        await actIn(own, adjust(-200n * wholeBase, 1_000_000n * wholeQuote));
        await expectAavesBooks(own, 2_500n * WAD, "at once");
        await twin.advance(30 * 86_400);
        await expectAavesBooks(own, 2_500n * WAD, "after a month");
        await own.actors.pushOracle({ baseUsd: 2_500, quoteUsd: 1 });
        await actIn(own, adjust(150n * wholeBase, -600_000n * wholeQuote));
        await expectAavesBooks(own, 2_500n * WAD, "after a cut");
        await expectClean(own.addresses.hedges[0] as string, created);
      });
    }

    it("accrues interest for a month without anybody touching it, at the rates Aave shows", async () => {
      await act(adjust(-200n * WETH, 1_000_000n * USDC));
      const [collateral0, debt0] = await hedge.position();
      const rate = async (asset: string, at: number): Promise<number> =>
        Number((await twin.rpc.read(MAINNET.aaveProtocolDataProvider, DATA_PROVIDER, "getReserveData", [asset]))[at]) /
        1e27;
      const borrowRate = await rate(market.base, 6);
      const supplyRate = await rate(market.quote, 5);
      await twin.advance(30 * 86_400);
      const [collateral1, debt1] = await hedge.position();
      const years = (30 * 86_400) / (365 * 86_400);
      const debtGrowth = Number(debt1 - debt0) / Number(debt0);
      const collateralGrowth = Number(collateral1 - collateral0) / Number(collateral0);
      expect(Math.abs(debtGrowth - Math.expm1(borrowRate * years)) < 1e-8, `debt grew ${debtGrowth}`).to.equal(true);
      expect(Math.abs(collateralGrowth - supplyRate * years) < 1e-8, `margin grew ${collateralGrowth}`).to.equal(true);
      expect(debt1 > debt0 && collateral1 > collateral0).to.equal(true);
      expect((await hedge.read(2_500n * WAD)).lost, "interest is no loss").to.equal(false);
    });
  });

  describe("adjust", () => {
    it("posts, borrows, repays and releases exactly what it is told, and nothing rests in it", async () => {
      const [base0, quote0] = await world.vault.idle();
      await expect(act(adjust(-200n * WETH, 1_000_000n * USDC)))
        .to.emit(hedge, "HedgeAdjusted")
        .withArgs(-200n * WETH, 1_000_000n * USDC);
      expect([...(await world.vault.idle())]).to.deep.equal([base0 + 200n * WETH, quote0 - 1_000_000n * USDC]);
      await expectClean(hedgeAddress, market);

      const [, debt] = await hedge.position();
      await expect(act(adjust(50n * WETH, -200_000n * USDC)))
        .to.emit(hedge, "HedgeAdjusted")
        .withArgs(50n * WETH, -200_000n * USDC);
      expect([...(await world.vault.idle())]).to.deep.equal([base0 + 150n * WETH, quote0 - 800_000n * USDC]);
      const [, left] = await hedge.position();
      // What is left carries a second of interest on 200.
      expect(left >= debt - 50n * WETH && left < debt - 50n * WETH + WETH / 10n ** 6n, `${left} of ${debt}`).to.equal(
        true,
      );
      await expectClean(hedgeAddress, market);

      await act(adjust(0n, 100_000n * USDC), adjust(-10n * WETH), adjust(0n, -50_000n * USDC));
      expect([...(await world.vault.idle())]).to.deep.equal([base0 + 160n * WETH, quote0 - 850_000n * USDC]);
      await expectClean(hedgeAddress, market);
      const [book] = await world.vault.book();
      // Delta is idle base less debt: only interest moved it.
      expect(book.deltaBase <= 0n && book.deltaBase > -WETH / 1_000n).to.equal(true);
    });

    it("repays to the last unit, takes a thousandth more as all of it, and refuses one unit above that with both numbers", async () => {
      await act(adjust(-100n * WETH, 600_000n * USDC));
      await act(step(Kind.swap, WETH)); // base for the interest
      const vault = world.vault.connect(world.keeper);
      const promised = await promiseOf(world);
      // A call sees the time of the latest block, so the debt it meets is the debt read here.
      const [, debt] = await hedge.position();
      const most = debt + debt / 1_000n;
      await expect(vault.rebalance.staticCall([adjust(most + 1n)], promised))
        .to.be.revertedWithCustomError(hedge, "Hedge_ReduceExceedsShort")
        .withArgs(most + 1n, debt);
      await vault.rebalance.staticCall([adjust(most)], promised);
      await vault.rebalance.staticCall([adjust(debt)], promised);
      await expect(vault.rebalance.staticCall([adjust(1n)], promised)).not.to.be.revertedWithCustomError(
        hedge,
        "Hedge_ReduceExceedsShort",
      );
    });

    it("cannot take more from the vault than it has idle", async () => {
      const [, quote] = await world.vault.idle();
      await expect(act(adjust(0n, quote + 1n)))
        .to.be.revertedWithCustomError(world.vault, "HedgedVault_InsufficientIdle")
        .withArgs(market.quote, quote + 1n, quote);
      await act(adjust(0n, quote));
      await expectClean(hedgeAddress, market);
    });

    it("V16 obeys nobody but the vault, and the till nobody but an adapter in an operation", async () => {
      await openFragile();
      const stranger = hedge.connect(bob);
      const who = await bob.getAddress();
      await expect(stranger.adjust(1n, 0n)).to.be.revertedWithCustomError(hedge, "Hedge_OnlyVault").withArgs(who);
      await expect(stranger.unwind(1n, 1n)).to.be.revertedWithCustomError(hedge, "Hedge_OnlyVault").withArgs(who);
      await expect(stranger.cancelStale()).to.be.revertedWithCustomError(hedge, "Hedge_NothingPending");
      await expect(world.vault.connect(bob).pay(market.quote, 1n, who))
        .to.be.revertedWithCustomError(world.vault, "HedgedVault_OnlyAdapter")
        .withArgs(who);
      // Nor the adapter itself while no operation runs.
      await twin.rpc.impersonate(hedgeAddress);
      await expect(world.vault.connect(await twin.ethers.getSigner(hedgeAddress)).pay(market.quote, 1n, who))
        .to.be.revertedWithCustomError(world.vault, "HedgedVault_OnlyAdapter")
        .withArgs(hedgeAddress);
      // The code that clones point to carries no vault: nobody can use it.
      const implementation = aaveHedgeContract(world.system.aaveV3Implementation, bob);
      for (const call of [() => implementation.adjust(0n, 0n), () => implementation.unwind(1n, 1n)]) {
        await expect(call()).to.be.revert(twin.ethers);
      }
    });
  });

  describe("unwind", () => {
    let lone: LoneVault;
    let loneHedge: AaveV3Hedge;
    const callHedge = async (method: "adjust" | "unwind", a: bigint, b: bigint) =>
      lone.call(hedge.interface.encodeFunctionData(method as "adjust", [a, b]));

    const openLone = async (shortBase: bigint, marginQuote: bigint): Promise<void> => {
      const deployed = await new ContractFactory(loneVault.abi, loneVault.bytecode, world.admin).deploy();
      const address = await deployed.getAddress();
      lone = new Contract(address, loneVault.abi, world.admin) as unknown as LoneVault;
      await lone.adopt(
        world.system.aaveV3Implementation,
        AbiCoder.defaultAbiCoder().encode(
          ["address", "address", "address", "address", "address", "uint256"],
          [
            MAINNET.aavePool,
            market.base,
            market.quote,
            market.quoteReserve.aToken,
            market.baseReserve.variableDebtToken,
            10n ** 30n,
          ],
        ),
      );
      loneHedge = aaveHedgeContract(await lone.adapter(), world.admin);
      await twin.mint(market.quote, address, 2_000_000n * USDC);
      await twin.mint(market.base, address, 10n * WETH);
      if (marginQuote > 0n) await callHedge("adjust", -shortBase, marginQuote);
    };

    for (const [numerator, denominator] of [
      [1n, 3n],
      [2n, 7n],
      [999_999n, 1_000_000n],
      [1n, 10n ** 18n],
      [10n ** 18n - 1n, 10n ** 18n],
    ] as const) {
      it(`closes ${numerator}/${denominator} of debt (up) and margin (down)`, async () => {
        await openLone(100n * WETH, 500_000n * USDC);
        await twin.mint(market.base, await lone.getAddress(), 100n * WETH);
        const opened = await twin.snapshot();
        await twin.advance(100_000);
        // The transaction comes a second later than anything that can be read before it; interest makes that visible.
        const at = await twin.timestamp();
        await twin.advanceTo(at + 1);
        const [collateral, debt] = await loneHedge.position();
        const needed = await loneHedge.baseToUnwind(numerator, denominator);
        await twin.revert(opened);
        await twin.advance(100_000);
        const vaultAddress = await lone.getAddress();
        const [base0, quote0] = [await balance(market.base, vaultAddress), await balance(market.quote, vaultAddress)];
        await callHedge("unwind", numerator, denominator);
        expect(await twin.timestamp()).to.equal(at + 1);
        const [base1, quote1] = [await balance(market.base, vaultAddress), await balance(market.quote, vaultAddress)];
        expect(base0 - base1, "repaid").to.equal(ceilDiv(debt * numerator, denominator));
        expect(base0 - base1, "announced").to.equal(needed);
        expect(quote1 - quote0, "released").to.equal((collateral * numerator) / denominator);
        const [collateralLeft, debtLeft] = await loneHedge.position();
        const near = (a: bigint, b: bigint): boolean => (a > b ? a - b : b - a) <= 2n;
        expect(near(collateralLeft, collateral - (quote1 - quote0)), "margin left").to.equal(true);
        expect(near(debtLeft, debt - (base0 - base1)), "debt left").to.equal(true);
        expect((await loneHedge.read(2_500n * WAD)).lost).to.equal(false);
        await expectClean(await loneHedge.getAddress(), market);
      });
    }

    it("closes everything: no debt, no margin, nothing left behind, and once more is a no-op", async () => {
      await openLone(9n * WETH, 500_000n * USDC);
      await twin.advance(1_000_000);
      await callHedge("unwind", 1n, 1n);
      expect([...(await loneHedge.position())]).to.deep.equal([0n, 0n]);
      expect([...(await loneHedge.read(2_500n * WAD))]).to.deep.equal([0n, 0n, 0n, MAX_UINT256, false, false]);
      expect(await loneHedge.recordedScaledCollateral()).to.equal(0n);
      await expectClean(await loneHedge.getAddress(), market);
      await callHedge("unwind", 1n, 1n);
      await callHedge("unwind", 1n, 3n);
      // And it can be opened again.
      await callHedge("adjust", -WETH, 10_000n * USDC);
      expect((await loneHedge.read(2_500n * WAD)).deltaBase).to.equal(-WETH);
    });

    it("works on margin without debt and on nothing at all", async () => {
      await openLone(0n, 0n);
      await callHedge("unwind", 1n, 2n);
      await callHedge("adjust", 0n, 100_000n * USDC);
      const before = await balance(market.quote, await lone.getAddress());
      await callHedge("unwind", 1n, 4n);
      const released = (await balance(market.quote, await lone.getAddress())) - before;
      expect(released >= 25_000n * USDC && released < 25_001n * USDC, String(released)).to.equal(true);
    });

    it("through the vault: everybody leaves, and hedge, liquidity and idle funds end at zero", async () => {
      await act(adjust(-100n * WETH, 600_000n * USDC));
      await world.actors.step({ price: 2_510, seconds: 3_600 });
      const shares = await world.vault.balanceOf(world.alice);
      await world.vault.connect(world.alice).requestRedeem(shares, world.alice, world.alice);
      if ((await world.vault.totalSupply()) !== 0n) await world.vault.settle(1n); // shows why
      expect(await world.vault.totalSupply()).to.equal(0n);
      expect([...(await hedge.position())]).to.deep.equal([0n, 0n]);
      const claim = await world.vault.maxWithdraw(world.alice);
      expect(claim > 1_990_000n * USDC, String(claim)).to.equal(true);
      await expectClean(hedgeAddress, market);
    });
  });

  describe("strangers who give", () => {
    it("repayment on behalf and aToken donations are no loss, and reconcile says so", async () => {
      await openFragile();
      const [collateral0, debt0] = await hedge.position();
      await armBob(market.base, 30n * WETH);
      await sendAs(bob, MAINNET.aavePool, AAVE_POOL, "repay", [market.base, 30n * WETH, 2, hedgeAddress]);
      await armBob(market.quote, 5_000n * USDC);
      await sendAs(bob, MAINNET.aavePool, AAVE_POOL, "supply", [market.quote, 2_000n * USDC, hedgeAddress, 0]);
      await sendAs(bob, MAINNET.aavePool, AAVE_POOL, "supply", [
        market.quote,
        3_000n * USDC,
        await bob.getAddress(),
        0,
      ]);
      await sendAs(bob, market.quoteReserve.aToken, erc20Interface, "transfer", [hedgeAddress, 2_500n * USDC]);
      const [collateral1, debt1] = await hedge.position();
      expect(collateral1 - collateral0 >= 4_500n * USDC - 2n).to.equal(true);
      expect(debt0 - debt1 > 29n * WETH).to.equal(true);
      expect((await hedge.read(2_500n * WAD)).lost).to.equal(false);
      await world.vault.reconcile();
      expect(await world.vault.degraded()).to.equal(false);
      // And the vault goes on: the debt it knows is Aave's.
      await act(adjust(20n * WETH, -50_000n * USDC));
      await expectClean(hedgeAddress, market);
    });

    it("tokens sent to the adapter stay there and change nothing", async () => {
      await openFragile();
      const before = (await world.vault.book())[0];
      await twin.mint(market.quote, hedgeAddress, 5_000n * USDC);
      await twin.mint(market.base, hedgeAddress, 7n * WETH);
      const afterwards = (await world.vault.book())[0];
      // A second or two of interest, on both sides of a cent.
      const change = afterwards.navQuote - before.navQuote;
      expect(change > -10_000n && change < 10_000n, String(change)).to.equal(true);
      await act(adjust(10n * WETH, -10_000n * USDC));
      expect(await balance(market.quote, hedgeAddress)).to.equal(5_000n * USDC);
      expect(await balance(market.base, hedgeAddress)).to.equal(7n * WETH);
    });
  });

  describe("liquidation", () => {
    /** The price rises, and bob repays half (health above 0.95) or all of the debt. */
    const loseHalf = async (): Promise<void> => {
      await world.actors.step({ price: 2_850, seconds: 900 });
      const healthFactor = await healthFactorOf(hedgeAddress);
      expect(healthFactor < WAD && healthFactor > (WAD * 95n) / 100n, String(healthFactor)).to.equal(true);
      await liquidate(140n * WETH);
    };
    const loseAll = async (): Promise<void> => {
      await world.actors.step({ price: 3_000, seconds: 900 });
      expect((await healthFactorOf(hedgeAddress)) < (WAD * 95n) / 100n).to.equal(true);
      await liquidate(281n * WETH);
      expect((await hedge.position())[1], "debt left").to.equal(0n);
    };
    const priceWad = async (): Promise<bigint> => (await world.snapshot()).vault.oracle.priceWad;
    /** A range around the price, so that there is liquidity to cut. */
    const addRange = async (): Promise<{ tickLower: number; tickUpper: number; liquidity: bigint }> => {
      const { tick } = (await world.snapshot()).vault.pool;
      const centre = Math.floor(tick / 10) * 10;
      const range = { tickLower: centre - 600, tickUpper: centre + 600 };
      const liquidity = 10n ** 16n;
      await act(step(Kind.add, liquidity, range));
      return { ...range, liquidity };
    };

    for (const [title, lose] of [
      ["50 %", loseHalf],
      ["100 %", loseAll],
    ] as const) {
      it(`V20 ${title} of the hedge gone in one block: lost at once, degraded by reconcile, for anybody to call`, async () => {
        await openFragile();
        const expected = await hedge.recordedScaledCollateral();
        expect((await world.vault.book())[0].lost, "control").to.equal(false);
        await lose();
        expect((await hedge.read(await priceWad())).lost).to.equal(true);
        expect((await world.vault.book())[0].lost).to.equal(true);
        // Deposits close before anybody reconciles.
        await expect(world.deposit(world.bob, "1000"))
          .to.be.revertedWithCustomError(world.vault, "HedgedVault_DepositsClosed")
          .withArgs(`0x${Buffer.from("degraded").toString("hex").padEnd(64, "0")}`);
        expect(await world.vault.maxDeposit(world.bob)).to.equal(0n);

        // A stranger asking the hedge itself is told, and changes nothing.
        await expect(hedge.connect(bob).reconcile()).to.emit(hedge, "HedgeLost");
        expect(await hedge.recordedScaledCollateral()).to.equal(expected);

        await expect(world.vault.connect(bob).reconcile())
          .to.emit(world.vault, "Degraded")
          .withArgs(true)
          .and.to.emit(hedge, "HedgeLost");
        expect(await world.vault.degraded()).to.equal(true);
        expect((await hedge.recordedScaledCollateral()) < expected).to.equal(true);
        expect((await world.vault.book())[0].lost, "known, so no longer news").to.equal(false);
        await expect(world.deposit(world.bob, "1000")).to.be.revertedWithCustomError(
          world.vault,
          "HedgedVault_DepositsClosed",
        );
        await expectClean(hedgeAddress, market);
      });
    }

    it("HedgeLost carries what was left and what was found, with interest", async () => {
      await openFragile();
      await loseAll();
      const [found] = await hedge.position();
      const receipt = await (await world.vault.connect(bob).reconcile()).wait();
      const events = (receipt?.logs ?? [])
        .map((log) => hedge.interface.parseLog(log))
        .filter((e) => e?.name === "HedgeLost");
      expect(events).to.have.length(1);
      const [expectedQuote, foundQuote] = [...(events[0]?.args ?? [])] as [bigint, bigint];
      // 840,000 of debt at a bonus of 4.5 % left with the liquidator.
      expect(foundQuote >= found && foundQuote <= found + USDC).to.equal(true);
      const taken = Number(expectedQuote - foundQuote) / 1e6;
      expect(Math.abs(taken - 280 * 3_000 * 1.045) < 100, `taken ${taken}`).to.equal(true);
    });

    for (const reconciled of [false, true]) {
      it(`V20 the keeper may only cut risk ${reconciled ? "after" : "even before"} reconcile: no re-short, no new liquidity`, async () => {
        await openFragile();
        const range = await addRange();
        await loseAll();
        if (reconciled) await world.vault.connect(bob).reconcile();
        const refused = async (index: number, ...steps: readonly Step[]) => {
          await expect(act(...steps))
            .to.be.revertedWithCustomError(world.vault, "HedgedVault_RiskMayOnlyFall")
            .withArgs(index);
        };
        await refused(0, adjust(-1n));
        await refused(0, adjust(-280n * WETH, 900_000n * USDC));
        await refused(0, step(Kind.add, 1n, range));
        await refused(1, step(Kind.remove, 1n, range), step(Kind.add, 1n, range));

        const { deltaBase } = (await world.snapshot()).vault.book;
        expect(deltaBase > 100n * WETH, "unhedged after the liquidation").to.equal(true);
        // Liquidity first, then the base that nothing hedges any more, in pieces that the pool bears.
        await act(step(Kind.remove, range.liquidity, range), step(Kind.swap, -50n * WETH));
        const cut = (await world.snapshot()).vault.book.deltaBase;
        expect(cut < deltaBase && cut > 0n).to.equal(true);
      });
    }

    it("V20 the admin ends the degraded mode, nobody else; then the keeper may hedge again", async () => {
      await openFragile();
      await loseAll();
      await world.vault.connect(bob).reconcile();
      for (const who of [world.keeper, world.guardian, bob]) {
        await expect(world.vault.connect(who).clearDegraded()).to.be.revertedWithCustomError(
          world.vault,
          "AccessManagedUnauthorized",
        );
      }
      await expect(world.vault.connect(world.admin).clearDegraded()).to.emit(world.vault, "Degraded").withArgs(false);
      await act(adjust(-10n * WETH, 100_000n * USDC), step(Kind.swap, -10n * WETH));
      await world.deposit(world.bob, "1000");
    });

    const scaledOf = (adapter: string): Promise<bigint> =>
      twin.rpc
        .read(market.quoteReserve.aToken, SCALED, "scaledBalanceOf", [adapter])
        .then(([scaled]) => scaled as bigint);
    /** The hedge's memory moves by exactly what the vault's own action moves, so a liquidator's part stays missing. */
    const expectBooked = async (action: () => Promise<unknown>): Promise<void> => {
      const [recorded, scaled] = [await hedge.recordedScaledCollateral(), await scaledOf(hedgeAddress)];
      expect(recorded > scaled, "control: something is missing").to.equal(true);
      await action();
      const [recordedNow, scaledNow] = [await hedge.recordedScaledCollateral(), await scaledOf(hedgeAddress)];
      expect(recordedNow - scaledNow, "still missing").to.equal(recorded - scaled);
      expect(recordedNow, "control: margin was moved").not.to.equal(recorded);
      expect((await hedge.read(await priceWad())).lost).to.equal(true);
    };

    it("V20 a settlement finds the liquidation out by itself: degraded, and the memory is the venue's", async () => {
      await openFragile();
      await loseAll();
      const shares = (await world.vault.balanceOf(world.alice)) / 100n;
      await expect(world.vault.connect(world.alice).requestRedeem(shares, world.alice, world.alice))
        .to.emit(hedge, "HedgeLost")
        .and.to.emit(world.vault, "Degraded");
      expect(await world.vault.maxRedeem(world.alice), "settled").to.equal(shares);
      expect(await world.vault.degraded()).to.equal(true);
      expect((await hedge.read(await priceWad())).lost, "known by now").to.equal(false);
    });

    it("V20 the settlement of everybody finds the liquidation out, too", async () => {
      await openFragile();
      await loseHalf();
      // The liquidator left the base that was to repay; sold in pieces that the pool bears.
      for (let i = 0; i < 3; i++) {
        await act(step(Kind.swap, -45n * WETH));
        await world.actors.step({ price: 2_850, seconds: 900 });
      }
      const shares = await world.vault.balanceOf(world.alice);
      await expect(world.vault.connect(world.alice).requestRedeem(shares, world.alice, world.alice)).to.emit(
        hedge,
        "HedgeLost",
      );
      expect(await world.vault.maxRedeem(world.alice), "settled").to.equal(shares);
      expect([...(await hedge.position())]).to.deep.equal([0n, 0n]);
      expect(await world.vault.degraded()).to.equal(true);
    });

    it("V20 a keeper action before reconcile does not hide the liquidation: the next one may not re-short", async () => {
      await openFragile();
      await loseHalf();
      await act(adjust(1n), step(Kind.swap, -WETH));
      await expectBooked(() => act(adjust(0n, 10_000n * USDC), step(Kind.swap, -WETH)));
      await expectBooked(() => act(adjust(50n * WETH, -5_000n * USDC), step(Kind.swap, -WETH)));
      await expect(act(adjust(-10n * WETH, 500_000n * USDC), step(Kind.swap, -10n * WETH)))
        .to.be.revertedWithCustomError(world.vault, "HedgedVault_RiskMayOnlyFall")
        .withArgs(0);
    });

    for (const mode of ["lost", "degraded", "winding down"] as const) {
      it(`V20 ${mode}: margin may be drawn as far as the lowest health does not fall, and not a unit further`, async () => {
        await openFragile();
        if (mode === "winding down") await world.vault.connect(world.guardian).startWindDown();
        else await loseHalf();
        if (mode === "degraded") await world.vault.connect(bob).reconcile();
        expect((await world.vault.book())[0].lost).to.equal(mode === "lost");
        expect(await world.vault.degraded()).to.equal(mode === "degraded");

        const vault = world.vault.connect(world.keeper);
        const promised = await promiseOf(world);
        // Simulated at the time of the latest block, so that state read here is what the action meets.
        const ask = (...steps: readonly Step[]) => vault.rebalance.staticCall([...steps], promised);
        const refused = (...steps: readonly Step[]) =>
          expect(ask(...steps)).to.be.revertedWithCustomError(world.vault, "HedgedVault_HealthMayOnlyRise");
        const { deltaBase, healthWad } = await hedge.read(await priceWad());
        const debt = -deltaBase;
        const [collateral] = await hedge.position();
        expect(debt > 100n * WETH && healthWad < 12n * 10n ** 17n, "debt is left").to.equal(true);

        // Health as it is passes: nothing is done to it. A unit of margin less is a unit of health less.
        const sale = step(Kind.swap, -WETH);
        await ask(sale);
        await refused(adjust(0n, -1n), sale);
        await refused(adjust(0n, -1n));
        await refused(adjust(0n, -collateral / 10n), sale);

        // With half of the debt repaid, half of the margin may go, up to Aave's own roundings.
        const repay = debt / 2n;
        let [passes, fails] = [0n, collateral];
        while (fails - passes > 1n) {
          const margin = (passes + fails) / 2n;
          const fits = await ask(adjust(repay, -margin), sale).then(
            () => true,
            () => false,
          );
          if (fits) passes = margin;
          else fails = margin;
        }
        const fair = (collateral * repay) / debt;
        expect(passes - fair >= -3n && passes - fair <= 3n, `${passes} of ${fair}`).to.equal(true);
        await ask(adjust(repay, -passes), sale);
        await refused(adjust(repay, -passes - 1n), sale);
        await act(adjust(repay, -passes + USDC), sale);
        expect((await hedge.read(await priceWad())).healthWad >= healthWad).to.equal(true);
      });
    }

    it("V20 margin may be drawn off while nothing is amiss (control)", async () => {
      await openFragile();
      await act(adjust(0n, -USDC));
    });

    it("V20 sixteen scaled units may be missing, for Aave's roundings; the seventeenth is a loss", async () => {
      await openFragile();
      const recorded = await hedge.recordedScaledCollateral();
      expect(await scaledOf(hedgeAddress)).to.equal(recorded);
      // Interest makes a scaled unit more than a unit: a transfer of one may then move none. So the adapter is robbed.
      await twin.rpc.impersonate(hedgeAddress);
      const robbed = await twin.ethers.getSigner(hedgeAddress);
      const missing = async (): Promise<bigint> => recorded - (await scaledOf(hedgeAddress));
      const rob = () =>
        sendAs(robbed, market.quoteReserve.aToken, erc20Interface, "transfer", [world.addresses.vault, 1n]);
      while ((await missing()) < 16n) await rob();
      expect(await missing()).to.equal(16n);
      expect((await hedge.read(await priceWad())).lost).to.equal(false);
      await expect(world.vault.reconcile()).not.to.emit(hedge, "HedgeLost");
      expect(await world.vault.degraded()).to.equal(false);
      while ((await missing()) < 17n) await rob();
      expect(await missing()).to.equal(17n);
      expect((await hedge.read(await priceWad())).lost).to.equal(true);
      await expect(world.vault.reconcile()).to.emit(hedge, "HedgeLost");
      expect(await world.vault.degraded()).to.equal(true);
    });

    it("V15 a claim settled before the liquidation is paid in full; who stays and who comes later share what is left", async () => {
      await openFragile();
      const shares = await world.vault.balanceOf(world.alice);
      await world.vault.connect(world.alice).requestRedeem(shares / 4n, world.alice, world.alice);
      const claim = await world.vault.maxWithdraw(world.alice);
      expect(claim > 490_000n * USDC, String(claim)).to.equal(true);

      await loseAll();
      expect(await world.vault.maxWithdraw(world.alice)).to.equal(claim);
      await world.vault.connect(bob).reconcile();
      const lossNav = await world.vault.totalAssets();
      await world.vault.clearDegraded();
      await world.deposit(world.bob, "100000");
      // The newcomer's shares are worth the deposit: the old loss is not theirs, nor theirs to gain by.
      const worth = await world.vault.convertToAssets(await world.vault.balanceOf(world.bob));
      expect(worth <= 100_000n * USDC && worth > 99_000n * USDC, String(worth)).to.equal(true);
      const before = await balance(market.quote, await world.alice.getAddress());
      await world.vault.connect(world.alice).withdraw(claim, world.alice, world.alice);
      expect((await balance(market.quote, await world.alice.getAddress())) - before).to.equal(claim);
      const gained = (await world.vault.totalAssets()) - lossNav - 100_000n * USDC;
      // Seconds of interest on the margin that is left.
      expect(gained >= 0n && gained < 10_000n, String(gained)).to.equal(true);
    });

    it("V19 exits still settle after a full liquidation", async () => {
      await openFragile();
      await loseAll();
      await world.vault.connect(bob).reconcile();
      const shares = (await world.vault.balanceOf(world.alice)) / 10n;
      const { navQuote } = (await world.snapshot()).vault.book;
      await world.vault.connect(world.alice).requestRedeem(shares, world.alice, world.alice);
      const paid = await world.vault.maxWithdraw(world.alice);
      expect(paid > (navQuote * 98n) / 1_000n && paid <= navQuote / 10n + 1n, `${paid} of ${navQuote}`).to.equal(true);
    });

    describe("V19 below Aave's own health of one, with no liquidator yet: Aave pays out no margin", () => {
      /** Aave's HEALTH_FACTOR_LOWER_THAN_LIQUIDATION_THRESHOLD. */
      const REFUSAL = "35";
      let shares: bigint;
      let id: bigint;
      beforeEach(async () => {
        await openFragile();
        await world.actors.step({ price: 2_850, seconds: 900 });
        expect((await healthFactorOf(hedgeAddress)) < WAD).to.equal(true);
        shares = (await world.vault.balanceOf(world.alice)) / 10n;
        id = await world.vault.queueTail();
      });
      const request = () => world.vault.connect(world.alice).requestRedeem(shares, world.alice, world.alice);
      const armAlice = async (): Promise<void> => {
        await twin.mint(market.base, await world.alice.getAddress(), WETH);
        await sendAs(world.alice, market.base, erc20Interface, "approve", [world.addresses.vault, WETH]);
      };
      const exitInKind = () => world.vault.connect(world.alice).exitInKind(id, world.alice, WETH, 0n);
      /** All that a holder could lose by waiting. */
      const held = async () => ({
        supply: await world.vault.totalSupply(),
        free: await world.vault.balanceOf(world.alice),
        escrowed: await world.vault.balanceOf(world.addresses.vault),
        pending: await world.vault.pendingRedeemRequest(id, world.alice),
        claimable: await world.vault.maxRedeem(world.alice),
        reserved: await world.vault.reservedQuote(),
        head: await world.vault.queueHead(),
        idle: [...(await world.vault.idle())],
        recorded: await hedge.recordedScaledCollateral(),
        tokens: [await balance(market.base, world.addresses.vault), await balance(market.quote, world.addresses.vault)],
      });
      /** Neither way out works now, and nothing is lost by trying. */
      const expectQueued = async (): Promise<void> => {
        const before = await held();
        expect([before.pending, before.escrowed, before.claimable, before.head]).to.deep.equal([
          shares,
          shares,
          0n,
          id,
        ]);
        await expect(world.vault.settle(1n)).to.be.revertedWith(REFUSAL);
        await expect(exitInKind()).to.be.revertedWith(REFUSAL);
        expect(await held()).to.deep.equal(before);
      };
      /** Brings Aave's health to about this by repaying debt on the hedge's behalf. */
      const repayTo = async (healthWad: bigint): Promise<void> => {
        const [, debt] = await hedge.position();
        const amount = debt - (debt * (await healthFactorOf(hedgeAddress))) / healthWad;
        await armBob(market.base, amount);
        await sendAs(bob, MAINNET.aavePool, AAVE_POOL, "repay", [market.base, amount, 2, hedgeAddress]);
      };

      const cures: readonly (readonly [string, () => Promise<void>])[] = [
        ["the liquidation", () => liquidate(140n * WETH)],
        ["somebody repaid enough on its behalf", () => repayTo((WAD * 1_000_001n) / 1_000_000n)],
        [
          "the keeper repaid enough",
          async () => {
            await act(adjust(50n * WETH));
          },
        ],
      ];
      for (const [title, cure] of cures) {
        it(`a request waits and settles after ${title}`, async () => {
          await world.vault.connect(world.guardian).startWindDown();
          await armAlice();
          const { navQuote } = (await world.snapshot()).vault.book;
          await request();
          await expectQueued();
          const waited = (await world.snapshot()).vault.book.navQuote;
          // Seconds of interest.
          expect(navQuote - waited < USDC && waited - navQuote < USDC, `${waited} of ${navQuote}`).to.equal(true);
          await cure();
          expect((await healthFactorOf(hedgeAddress)) >= WAD).to.equal(true);
          const worth = (await world.snapshot()).vault.book.navQuote / 10n;
          await world.vault.connect(bob).settle(1n);
          expect(await world.vault.maxRedeem(world.alice), "settled").to.equal(shares);
          const paid = await world.vault.maxWithdraw(world.alice);
          expect(paid > (worth * 99n) / 100n && paid <= worth + USDC, `${paid} of ${worth}`).to.equal(true);
        });

        it(`the exit in kind waits and opens after ${title}`, async () => {
          await world.vault.connect(world.guardian).startWindDown();
          await armAlice();
          await request();
          await expectQueued();
          await cure();
          const worth = (await world.snapshot()).vault.book.navQuote / 10n;
          const quote0 = await balance(market.quote, await world.alice.getAddress());
          const base0 = await balance(market.base, await world.alice.getAddress());
          await exitInKind();
          expect((await world.vault.requestOf(id)).shares).to.equal(0n);
          expect(await world.vault.balanceOf(world.addresses.vault)).to.equal(0n);
          const gotQuote = (await balance(market.quote, await world.alice.getAddress())) - quote0;
          const gotBase = (await balance(market.base, await world.alice.getAddress())) - base0;
          const got = gotQuote + (gotBase * 2_850n * USDC) / WETH;
          expect(got > (worth * 999n) / 1_000n && got <= worth + USDC, `${got} of ${worth}`).to.equal(true);
        });
      }

      it("a repayment that does not quite bring Aave's health to one opens nothing", async () => {
        await world.vault.connect(world.guardian).startWindDown();
        await armAlice();
        await request();
        await repayTo((WAD * 999_999n) / 1_000_000n);
        await expectQueued();
      });

      it("who waits may cancel, and has the shares again", async () => {
        await request();
        const asAlice = world.vault.connect(world.alice);
        await asAlice.cancelRedeemRequest(id, world.alice);
        await asAlice.claimCancelRedeemRequest(id, world.alice, world.alice);
        expect(await world.vault.balanceOf(world.alice)).to.equal(shares * 10n);
      });

      it("all together may leave: without debt Aave asks for no health", async () => {
        shares = await world.vault.balanceOf(world.alice);
        await request();
        expect(await world.vault.maxRedeem(world.alice), "settled").to.equal(shares);
        expect([...(await hedge.position())]).to.deep.equal([0n, 0n]);
      });
    });
  });

  describe("collateral planted by a stranger", () => {
    const CONFIGURATOR = new Interface([
      "function configureReserveAsCollateral(address asset, uint256 ltv, uint256 liquidationThreshold, uint256 liquidationBonus)",
    ]);

    /** A stranger supplies 10 units of another asset for the hedge; then Aave retires that asset. */
    const plantAndRetire = async (): Promise<string> => {
      const other = await twin.createMarket({ baseDecimals: 18, quoteDecimals: 6, baseIsToken0: true });
      const [stranger, units] = [await bob.getAddress(), 10n];
      await twin.mint(other.base, stranger, units);
      await (
        await bob.sendTransaction({
          to: other.base,
          data: erc20Interface.encodeFunctionData("approve", [MAINNET.aavePool, units]),
        })
      ).wait();
      const supply = AAVE_POOL.encodeFunctionData("supply", [other.base, units, hedgeAddress, 0]);
      await (await bob.sendTransaction({ to: MAINNET.aavePool, data: supply })).wait();
      await twin.rpc.impersonate(DEPLOYERS.aaveGovernance);
      await twin.rpc.write(
        DEPLOYERS.aaveGovernance,
        MAINNET.aavePoolConfigurator,
        CONFIGURATOR,
        "configureReserveAsCollateral",
        [other.base, 0n, 8_000n, 10_500n],
      );
      return other.base;
    };
    const redeemTenth = async (): Promise<bigint> => {
      const tenth = (await world.vault.balanceOf(world.alice)) / 10n;
      await (await world.vault.connect(world.alice).requestRedeem(tenth, world.alice, world.alice)).wait();
      return tenth;
    };

    it("holds exits up once its asset is retired, until anyone drops it", async () => {
      await world.tick();
      // Control: before anything is planted a redemption settles at once.
      const settled = await redeemTenth();
      expect(await world.vault.maxRedeem(world.alice)).to.equal(settled);
      const planted = await plantAndRetire();
      const waiting = await redeemTenth();
      expect(await world.vault.maxRedeem(world.alice), "refused by Aave (57)").to.equal(settled);
      await (await hedge.connect(bob).dropCollateral(planted)).wait();
      await (await world.vault.connect(bob).settle(10)).wait();
      expect(await world.vault.maxRedeem(world.alice)).to.equal(settled + waiting);
    });

    it("is all that can be dropped: the vault's own collateral stays", async () => {
      await expect(hedge.connect(bob).dropCollateral(market.quote))
        .to.be.revertedWithCustomError(hedge, "AaveV3Hedge_OwnCollateral")
        .withArgs(market.quote);
    });
  });
});
