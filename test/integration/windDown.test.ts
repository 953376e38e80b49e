import { expect } from "chai";
import { encodeBytes32String, id, type Signer, Wallet } from "ethers";
import { after, before, beforeEach, describe, it } from "mocha";

import { abiOf } from "../../localnet/rpc.ts";
import { startTwin, type Twin, type TwinSnapshot } from "../../localnet/twin.ts";
import { aaveHedgeContract, erc20Contract } from "../../sdk/chain/contracts.ts";
import {
  adjust,
  confirmed,
  eventOf,
  eventsOf,
  rangeHeld,
  rebalance,
  refreshFeeds,
  setParams,
  swap,
} from "./actions.ts";
import {
  baseOf,
  claimAll,
  createHostileWorld,
  createVaultWorld,
  expectRevert,
  fundAndApprove,
  HARMLESS_STATE,
  hedgeOf,
  type HostileWorld,
  liquidateHedge,
  quoteOf,
  quoteUnits,
  redeemNow,
  requestRedeem,
  revertOf,
  sharePrice,
  valueOfBase,
  type VaultWorld,
  useTwin,
} from "./world.ts";

const WETH = 10n ** 18n;
const TOKEN = 10n ** 12n;
const BPS = 10_000n;
const DAY = 86_400;
const WEEK = 7 * DAY;
const LEAST = 100n;
const MOST = 1_000n;
const RAY = 10n ** 27n;

/** Slippage that settlements accept so many seconds after the wind-down began. */
const toleranceAfter = (seconds: number): bigint =>
  LEAST + ((MOST - LEAST) * BigInt(Math.min(seconds, WEEK))) / BigInt(WEEK);

describe("wind-down", () => {
  let twin: Twin;
  let world: VaultWorld;
  let pending: TwinSnapshot;
  let request: bigint;
  let shares: bigint;

  /** A vault of 300,000 that drifted long, in a pool whose other liquidity is thin: selling the surplus costs some per cent. */
  const worldWith = async (depthQuote: number): Promise<void> => {
    const market = await twin.createMarket({
      baseDecimals: 18,
      quoteDecimals: 6,
      baseIsToken0: true,
      liquidity: [{ rangeFactor: "full", valueQuote: depthQuote }],
    });
    world = await createVaultWorld(twin, { market, policy: { maxLossBpsPerDay: 1_000n } });
    await world.deposit(world.alice, "290000");
    await world.deposit(world.bob, "10000");
    // Nothing is swapped to enter: base for the range is borrowed.
    await world.tick();
    await world.actors.step({ price: 2_150, seconds: 900 });
    shares = await world.vault.balanceOf(world.alice);
    request = await requestRedeem(world, world.alice, shares);
    expect(await world.vault.pendingRedeemRequest(request, world.alice), "refused by the pool's depth").to.equal(
      shares,
    );
    pending = await twin.snapshot();
  };
  const startWindDown = async (): Promise<number> => {
    await (await world.vault.connect(world.guardian).startWindDown()).wait();
    return await twin.timestamp();
  };
  /** Settles in a block of exactly this time, with feeds that are fresh. */
  const settleAt = async (at: number): Promise<unknown> => {
    await twin.advanceTo(at - 30);
    await refreshFeeds(world, 2_150);
    await twin.setNextTimestamp(at);
    return await (await world.vault.connect(world.bob).settle(1n, { gasLimit: 5_000_000n })).wait();
  };
  /** What the pool offers for the surplus and the least that is accepted for it. */
  const refusalAt = async (at: number): Promise<{ readonly offered: bigint; readonly least: bigint }> => {
    const { name, args } = await revertOf(settleAt(at));
    expect(name).to.equal("Liquidity_SwapBelowMinimum");
    return { offered: args[0] as bigint, least: args[1] as bigint };
  };

  before(async () => {
    twin = await startTwin({ priceUsdcPerWeth: 2_500 });
  });
  after(async () => {
    await twin.close();
  });

  describe("in a pool that offers some per cent too little", () => {
    before(async () => {
      await worldWith(1_200_000);
    });
    beforeEach(async () => {
      await twin.revert(pending);
    });

    it("a redemption that the pool's depth refuses goes through as the tolerance rises, in the second that it suffices", async () => {
      const start = await twin.timestamp();
      const first = await refusalAt(start + 100);
      await twin.revert(pending);
      // Worth at the oracle's price, from the 99 % that is the least without a wind-down.
      const worth = (first.least * BPS) / (BPS - LEAST);
      const discountBps = BPS - (first.offered * BPS) / worth;
      console.log(`      the pool offers ${discountBps} bps less than the oracle`);
      expect(discountBps, "within what the wind-down comes to accept").to.be.within(LEAST + 50n, MOST - 50n);

      const startedAt = await startWindDown();
      // First second in which the whole number of bps is there.
      const wait = Number(((discountBps - LEAST) * BigInt(WEEK) + (MOST - LEAST) - 1n) / (MOST - LEAST));
      expect([toleranceAfter(wait - 1), toleranceAfter(wait)]).to.deep.equal([discountBps - 1n, discountBps]);
      const begun = await twin.snapshot();
      const { offered, least } = await refusalAt(startedAt + wait - 1);
      expect(offered).to.be.lessThan(least);
      await twin.revert(begun);
      await settleAt(startedAt + wait);
      expect(await world.vault.maxRedeem(world.alice)).to.equal(shares);
      const got = await claimAll(world, world.alice);
      // The whole price of it is the leaver's: the one who stays has what a share was worth, and more.
      expect(got).to.be.within(quoteUnits(world, "280000"), quoteUnits(world, "290000"));
      expect(await world.vault.totalAssets()).to.be.greaterThan(quoteUnits(world, "9800"));
    });

    it("parts of it go through at once, in a pool that is too thin for all of it", async () => {
      await refreshFeeds(world, 2_150);
      const tenth = shares / 10n;
      await (await world.vault.connect(world.bob).settleShares(1n, tenth)).wait();
      expect(await world.vault.maxRedeem(world.alice)).to.equal(tenth);
      expect((await revertOf(world.vault.connect(world.bob).settleShares(1n, shares))).name).to.equal(
        "Liquidity_SwapBelowMinimum",
      );
    });

    it("the keeper's own swaps get no worse price than before, however long it lasts", async () => {
      await setParams(world, { maxDeltaBps: 2_000n, emergencyDeltaBps: 2_000n });
      const startedAt = await startWindDown();
      await rebalance(world, [{ kind: 0, range: await rangeHeld(world), amount: (await rangeHeld(world)).liquidity }]);
      const { idleBase } = (await world.snapshot()).vault;
      await twin.advanceTo(startedAt + 2 * WEEK);
      await refreshFeeds(world, 2_150);
      const { args, name } = await revertOf(rebalance(world, [swap(-idleBase)]));
      expect(name).to.equal("Liquidity_SwapBelowMinimum");
      expect(args[1]).to.equal((valueOfBase(world, idleBase - 2n, 2_150n * WETH) * (BPS - LEAST)) / BPS);
      // Control: a settlement of the same time accepts ten times that.
      await settleAt(startedAt + 2 * WEEK + 100);
      expect(await world.vault.maxRedeem(world.alice)).to.equal(shares);
    });

    it("leaves in kind at once, without the delay and without the pool's price", async () => {
      const asAlice = world.vault.connect(world.alice);
      await expectRevert(asAlice.exitInKind(request, world.alice, 0n, 0n), "HedgedVault_ExitTooEarly", [
        (await world.vault.requestOf(request)).exitOpensAt,
      ]);
      await startWindDown();
      const before = [await baseOf(world, world.alice), await quoteOf(world, world.alice)] as const;
      await (await asAlice.exitInKind(request, world.alice, 0n, 0n)).wait();
      const base = (await baseOf(world, world.alice)) - before[0];
      const quote = (await quoteOf(world, world.alice)) - before[1];
      const worth = quote + valueOfBase(world, base, 2_150n * WETH);
      expect(base, "what the vault was long by").to.be.greaterThan(10n * WETH);
      expect(worth).to.be.within(quoteUnits(world, "286000"), quoteUnits(world, "290000"));
    });

    it("begins once: the guardian cannot wind the clock back", async () => {
      const startedAt = await startWindDown();
      await twin.advanceTo(startedAt + WEEK - 100);
      await startWindDown();
      await settleAt(startedAt + WEEK);
      expect(await world.vault.maxRedeem(world.alice)).to.equal(shares);
    });

    it("lets everyone out, to the last share", async () => {
      const startedAt = await startWindDown();
      await settleAt(startedAt + WEEK);
      expect(await claimAll(world, world.alice)).to.be.greaterThan(quoteUnits(world, "280000"));
      // That sale left the pool below the oracle: the next one is settled when the market has straightened it.
      await requestRedeem(world, world.bob, await world.vault.balanceOf(world.bob));
      expect((await revertOf(world.vault.settle(1n))).name).to.equal("HedgedVault_OracleUnhealthy");
      await world.actors.moveTo(2_150);
      await (await world.vault.settle(1n)).wait();
      expect(await claimAll(world, world.bob)).to.be.greaterThan(quoteUnits(world, "9000"));
      const { vault: v } = await world.snapshot();
      expect([v.totalSupply, v.ranges, v.queue.reservedQuote, v.hedges[0]?.deltaBase]).to.deep.equal([0n, [], 0n, 0n]);
      expect(v.book.navQuote, "crumbs of rounding").to.be.lessThan(1_000n);
      expect(await quoteOf(world, world.addresses.vault)).to.equal(v.idleQuote);
      await expectRevert(world.vault.deposit(1_000_000n, world.bob), "HedgedVault_DepositsClosed", [
        encodeBytes32String("wind-down"),
      ]);
    });
  });

  describe("in a pool that is next to empty", () => {
    before(async () => {
      await worldWith(150_000);
    });
    beforeEach(async () => {
      await twin.revert(pending);
    });

    for (const [words, seconds] of [
      ["at its start", 100],
      ["after a day", DAY],
      ["after half a week", WEEK / 2],
      ["in its last second", WEEK - 1],
      ["after a week", WEEK],
      ["after a month", 30 * DAY],
    ] as const) {
      it(`V02 accepts ${toleranceAfter(seconds)} bps ${words}`, async () => {
        const startedAt = await startWindDown();
        // What the surplus is worth: the same that a settlement without wind-down starts from, but for a little interest.
        const { least } = await refusalAt(startedAt + seconds);
        await twin.revert(pending);
        await twin.advanceTo(startedAt + seconds - 100);
        const ordinary = await refusalAt(startedAt + seconds);
        const worth = (ordinary.least * BPS) / (BPS - LEAST);
        const expected = (worth * (BPS - toleranceAfter(seconds))) / BPS;
        expect(least - expected, `${least} of ${worth}`).to.be.within(-3n, 3n);
      });
    }
  });
});

describe("V19: the way down to nothing", () => {
  let twin: Twin;
  let world: HostileWorld;

  useTwin(async (started) => {
    twin = started;
    world = await createHostileWorld(twin);
    await world.deposit(world.alice, "1000000");
    await world.deposit(world.bob, "250000");
    await world.tick();
  });

  const owe = async (quote: bigint): Promise<void> => {
    const state = { ...HARMLESS_STATE, equityMinQuote: -quote, equityMaxQuote: -quote };
    await (await world.hostile.setState(state)).wait();
  };

  const REASON = [encodeBytes32String("insolvent")];

  it("closes deposits with the reason while nothing is left in any valuation", async () => {
    const { navQuote } = (await world.snapshot()).vault.book;
    await owe(2n * navQuote);
    expect(await world.vault.totalAssets()).to.equal(0n);
    expect(await world.vault.maxDeposit(world.bob)).to.equal(0n);
    await expectRevert(world.vault.previewDeposit(10n ** 9n), "HedgedVault_DepositsClosed", REASON);
    await fundAndApprove(world, world.bob, world.market.quote, 10n ** 9n, world.addresses.vault);
    await expectRevert(
      world.vault.connect(world.bob).deposit(10n ** 9n, world.bob),
      "HedgedVault_DepositsClosed",
      REASON,
    );
  });

  it("closes them with a loan that a jump put under water, too: nobody buys the rest of the vault for a song", async () => {
    await world.actors.step({ price: 25_000, volumeQuote: 1e6, seconds: 900 });
    expect(await world.vault.totalAssets(), "the debt exceeds all that there is").to.equal(0n);
    const assets = quoteUnits(world, "100000");
    await fundAndApprove(world, world.guardian, world.market.quote, assets, world.addresses.vault);
    const deposit = world.vault.connect(world.guardian).deposit(assets, world.guardian);
    await expectRevert(deposit, "HedgedVault_DepositsClosed", [encodeBytes32String("liquidatable")]);
    expect(await world.vault.maxDeposit(world.guardian)).to.equal(0n);
  });

  it("V02 closes them while any hedge may be liquidated, by a unit of its health", async () => {
    const healthy = async (healthWad: bigint): Promise<void> => {
      await (await world.hostile.setState({ ...HARMLESS_STATE, healthWad })).wait();
    };
    const assets = quoteUnits(world, "1000");
    await fundAndApprove(world, world.bob, world.market.quote, assets, world.addresses.vault);
    await healthy(10n ** 18n - 1n);
    const deposit = world.vault.connect(world.bob).deposit(assets, world.bob);
    await expectRevert(deposit, "HedgedVault_DepositsClosed", [encodeBytes32String("liquidatable")]);
    expect(await world.vault.maxDeposit(world.bob)).to.equal(0n);
    await healthy(10n ** 18n);
    await (await world.vault.connect(world.bob).deposit(assets, world.bob)).wait();
  });

  it("pays everybody the own part of what is there", async () => {
    const nav = (await world.snapshot()).vault.book.navQuote;
    await owe(2n * nav);
    const supply = await world.vault.totalSupply();
    const half = (await world.vault.balanceOf(world.alice)) / 2n;
    const got = await redeemNow(world, world.alice, half);
    const part = (nav * half) / supply;
    expect(got, "the venue's claim binds only the venue").to.be.within((part * 999n) / 1_000n, part + 1_000n);
    for (const who of [world.alice, world.bob]) {
      expect(await redeemNow(world, who, await world.vault.balanceOf(who))).to.be.greaterThan(0n);
    }
    expect(await world.vault.totalSupply()).to.equal(0n);
  });

  for (const price of [6_500, 25_000]) {
    it(`a loan that a jump to ${price} put under water holds nobody once it was liquidated, in wind-down`, async () => {
      await world.actors.step({ price, volumeQuote: 1e6, seconds: 900 });
      await liquidateHedge(world, world.guardian);
      await (await world.vault.reconcile()).wait();
      const nav = (await world.snapshot()).vault.book.navQuote;
      await (await world.vault.connect(world.guardian).startWindDown()).wait();
      let paid = 0n;
      for (const who of [world.alice, world.bob]) paid += await redeemNow(world, who, await world.vault.balanceOf(who));
      const { vault: v } = await world.snapshot();
      expect([v.totalSupply, v.ranges, v.hedges[0]?.deltaBase]).to.deep.equal([0n, [], 0n]);
      expect(paid).to.be.within((nav * 97n) / 100n, nav);
    });
  }

  it("a short that the pool is too thin to buy back at once settles in parts", async () => {
    // Above 3,750 most of the pool's liquidity is behind: buying 90 WETH moves it by more than 1 %.
    await world.actors.step({ price: 4_200, volumeQuote: 1e6, seconds: 900 });
    const worth = ((await world.snapshot()).vault.book.navQuote * 4n) / 5n;
    const shares = await world.vault.balanceOf(world.alice);
    const request = await requestRedeem(world, world.alice, shares);
    expect(await world.vault.pendingRedeemRequest(request, world.alice)).to.equal(shares);
    expect((await revertOf(world.vault.settle(1n))).name).to.equal("Liquidity_SwapAboveMaximum");
    for (let i = 0; i < 10; i++) {
      await (await world.vault.settleShares(1n, shares / 10n)).wait();
      await world.actors.step({ price: 4_200, seconds: 60 });
    }
    expect(await world.vault.maxRedeem(world.alice)).to.equal(shares);
    expect(await claimAll(world, world.alice)).to.be.within((worth * 99n) / 100n, worth);
  });
});

describe("a venue that answers nothing", () => {
  let twin: Twin;
  let world: HostileWorld;
  const HOSTILE_ONLY = 0b10n;

  useTwin(async (started) => {
    twin = started;
    world = await createHostileWorld(twin);
    await world.deposit(world.alice, "1000000");
    await world.deposit(world.bob, "250000");
    await world.tick();
    await (await world.hostile.setFrozen(true)).wait();
  });

  const leave = (who: Signer, id: bigint, leaveHedges: bigint) =>
    world.vault.connect(who).exitInKind(id, who, WETH, leaveHedges);
  const expectFrozen = async (call: Promise<unknown>): Promise<void> => {
    const failed = await call.then(
      () => "",
      (error: Error) => error.message,
    );
    expect(failed).to.match(new RegExp(`HostileHedge_Frozen|${id("HostileHedge_Frozen()").slice(0, 10)}`));
  };

  it("stops valuation and settlement, but no request and no exit in kind", async () => {
    await expectFrozen(world.vault.totalAssets());
    expect(await world.vault.maxDeposit(world.alice)).to.equal(0n);
    const shares = await world.vault.balanceOf(world.alice);
    const id = await requestRedeem(world, world.alice, shares);
    expect(await world.vault.pendingRedeemRequest(id, world.alice)).to.equal(shares);
    await expectFrozen(world.vault.settle(1n));
    await expectFrozen(world.vault.connect(world.bob).hedgeNow());
    await twin.advance(DAY);
    await fundAndApprove(world, world.alice, world.market.base, WETH, world.addresses.vault);
    await expectFrozen(leave(world.alice, id, 0n));
    await expectFrozen(leave(world.alice, id, 0b01n));

    const range = await rangeHeld(world).catch(() => undefined);
    expect(range, "the lens cannot value it either").to.equal(undefined);
    const aave = aaveHedgeContract(hedgeOf(world), world.admin);
    const supply = await world.vault.totalSupply();
    const debt = (await aave.position()).debtBase;
    const quote = await quoteOf(world, world.alice);
    const receipt = confirmed(await (await leave(world.alice, id, HOSTILE_ONLY)).wait());
    const { args } = eventOf(receipt, "ExitedInKind");
    expect(args["shares"]).to.equal(shares);
    expect((await quoteOf(world, world.alice)) - quote).to.equal(args["quoteOut"]);
    expect(args["quoteOut"]).to.be.within(quoteUnits(world, "995000"), quoteUnits(world, "1000500"));
    // The part of the loan that was taken along is repaid.
    const left = (debt * (supply - shares)) / supply;
    expect((await aave.position()).debtBase).to.be.within(left, left + WETH / 1_000n);
    expect(await world.vault.totalSupply()).to.equal(supply - shares);
  });

  it("and one that answers again pays those who stayed, as if nothing had been", async () => {
    const id = await requestRedeem(world, world.alice, await world.vault.balanceOf(world.alice));
    await (await world.vault.connect(world.guardian).startWindDown()).wait();
    await fundAndApprove(world, world.alice, world.market.base, WETH, world.addresses.vault);
    await (await leave(world.alice, id, HOSTILE_ONLY)).wait();
    await (await world.hostile.setFrozen(false)).wait();
    const nav = await world.vault.totalAssets();
    expect(nav).to.be.within(quoteUnits(world, "249900"), quoteUnits(world, "250100"));
    expect(await redeemNow(world, world.bob, await world.vault.balanceOf(world.bob))).to.be.within(
      nav - 1_000n,
      nav + 10_000n,
    );
  });

  it("the exit past it is as large with it left behind as without any such hedge", async () => {
    await (await world.vault.connect(world.guardian).startWindDown()).wait();
    await fundAndApprove(world, world.alice, world.market.base, WETH, world.addresses.vault);
    const id = await requestRedeem(world, world.alice, 1_000n * TOKEN);
    const fork = await twin.snapshot();
    const outcome = async (): Promise<readonly bigint[]> => {
      const at = (await twin.timestamp()) + 10;
      await twin.setNextTimestamp(at);
      const { args } = eventOf(confirmed(await (await leave(world.alice, id, HOSTILE_ONLY)).wait()), "ExitedInKind");
      return [args["baseIn"], args["baseOut"], args["quoteOut"]] as bigint[];
    };
    const past = await outcome();
    await twin.revert(fork);
    const hostile = await world.hostile.getAddress();
    // A venue with nothing of ours in it: everything at the same place, answering.
    await (await world.hostile.connect(world.admin).setFrozen(false)).wait();
    const now = await twin.timestamp();
    await twin.setNextTimestamp(now + 9);
    const { args } = eventOf(confirmed(await (await leave(world.alice, id, 0n)).wait()), "ExitedInKind");
    expect([args["baseIn"], args["baseOut"], args["quoteOut"]]).to.deep.equal(past);
    expect(await quoteOf(world, hostile)).to.equal(0n);
  });
});

describe("aTokens in place of quote", () => {
  let twin: Twin;
  let world: VaultWorld;
  const AAVE = abiOf([
    "function supply(address asset, uint256 amount, address onBehalfOf, uint16 referralCode)",
    "function borrow(address asset, uint256 amount, uint256 interestRateMode, uint16 referralCode, address onBehalfOf)",
    "function getReserveNormalizedIncome(address asset) view returns (uint256)",
    "function getReserveNormalizedVariableDebt(address asset) view returns (uint256)",
  ]);
  const SCALED = abiOf(["function scaledBalanceOf(address user) view returns (uint256)"]);

  useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    await world.deposit(world.alice, "1000000");
    await world.deposit(world.bob, "250000");
    await world.tick();
    // A large borrower takes all the quote that Aave has.
    const { aavePool } = twin.addresses;
    const borrower = world.guardian;
    const collateral = 1_000_000n * WETH;
    await fundAndApprove(world, borrower, world.market.base, collateral, aavePool);
    const send = async (method: string, args: readonly unknown[]): Promise<void> => {
      await (await borrower.sendTransaction({ to: aavePool, data: AAVE.encodeFunctionData(method, args) })).wait();
    };
    await send("supply", [world.market.base, collateral, await borrower.getAddress(), 0]);
    const available = await quoteOf(world, world.market.quoteReserve.aToken);
    await send("borrow", [world.market.quote, available, 2, 0, await borrower.getAddress()]);
  });

  const index = async (method: string, asset: string): Promise<bigint> =>
    (await twin.rpc.read(twin.addresses.aavePool, AAVE, method, [asset]))[0] as bigint;
  const scaled = async (token: string, who: string): Promise<bigint> =>
    (await twin.rpc.read(token, SCALED, "scaledBalanceOf", [who]))[0] as bigint;
  const rayMul = (value: bigint, ray: bigint): bigint => (value * ray + RAY / 2n) / RAY;
  const aTokens = async (who: Signer): Promise<bigint> =>
    await erc20Contract(world.market.quoteReserve.aToken, world.admin).balanceOf(await who.getAddress());

  it("are handed out to whoever leaves in kind when Aave has no liquidity: the own part of the margin, to the unit", async () => {
    const { market } = world;
    expect(await quoteOf(world, market.quoteReserve.aToken), "drained (control)").to.equal(0n);
    const shares = (await world.vault.balanceOf(world.alice)) / 3n;
    const id = await requestRedeem(world, world.alice, shares);
    expect(await world.vault.pendingRedeemRequest(id, world.alice), "it waits").to.equal(shares);
    await (await world.vault.connect(world.guardian).startWindDown()).wait();
    await fundAndApprove(world, world.alice, market.base, WETH, world.addresses.vault);

    const hedge = hedgeOf(world);
    const supply = await world.vault.totalSupply();
    const collateral = await scaled(market.quoteReserve.aToken, hedge);
    const debt = await scaled(market.baseReserve.variableDebtToken, hedge);
    const { vault: v } = await world.snapshot();
    const receipt = confirmed(
      await (await world.vault.connect(world.alice).exitInKind(id, world.alice, WETH, 0n)).wait(),
    );
    // Neither index was touched by the exit's own transfer: they are what they were inside of it.
    const margin = rayMul(collateral, await index("getReserveNormalizedIncome", market.quote));
    expect(await aTokens(world.alice)).to.be.within((margin * shares) / supply - 1n, (margin * shares) / supply + 1n);
    const left = rayMul(
      await scaled(market.quoteReserve.aToken, hedge),
      await index("getReserveNormalizedIncome", market.quote),
    );
    expect(left).to.be.within(margin - (margin * shares) / supply - 1n, margin - (margin * shares) / supply + 1n);
    // The quote that came along is that of liquidity and idle funds alone, and the debt's part is repaid.
    const { args } = eventOf(receipt, "ExitedInKind");
    const quoteDue = ((v.liquidity.quote + v.liquidity.feesQuote) * shares) / supply + (v.idleQuote * shares) / supply;
    expect(args["quoteOut"]).to.be.within(quoteDue - 3n, quoteDue + 3n);
    const owed = rayMul(debt, await index("getReserveNormalizedVariableDebt", market.base));
    const repaid = (owed * shares + supply - 1n) / supply;
    const stillOwed = rayMul(
      await scaled(market.baseReserve.variableDebtToken, hedge),
      await index("getReserveNormalizedVariableDebt", market.base),
    );
    expect(stillOwed).to.be.within(owed - repaid - 2n, owed - repaid + 2n);
    // What was handed out is not missed: nobody is degraded.
    await (await world.vault.reconcile()).wait();
    expect(await world.vault.degraded()).to.equal(false);
  });

  it("go to the last one, too, all of them", async () => {
    await (await world.vault.connect(world.guardian).startWindDown()).wait();
    for (const who of [world.alice, world.bob]) {
      const id = await requestRedeem(world, who, await world.vault.balanceOf(who));
      await fundAndApprove(world, who, world.market.base, WETH, world.addresses.vault);
      await (await world.vault.connect(who).exitInKind(id, who, WETH, 0n)).wait();
      expect(await aTokens(who)).to.be.greaterThan(quoteUnits(world, "100000"));
    }
    expect(await world.vault.totalSupply()).to.equal(0n);
    const { collateralQuote, debtBase } = await aaveHedgeContract(hedgeOf(world), world.admin).position();
    expect([collateralQuote <= 1n, debtBase]).to.deep.equal([true, 0n]);
    expect(await aaveHedgeContract(hedgeOf(world), world.admin).isEmpty()).to.equal(true);
  });

  it("are quote again for those who wait until somebody repays", async () => {
    const shares = await world.vault.balanceOf(world.bob);
    const id = await requestRedeem(world, world.bob, shares);
    expect(await world.vault.maxRedeem(world.bob)).to.equal(0n);
    const amount = quoteUnits(world, "10000000");
    await fundAndApprove(world, world.keeper, world.market.quote, amount, twin.addresses.aavePool);
    const data = AAVE.encodeFunctionData("supply", [world.market.quote, amount, await world.keeper.getAddress(), 0]);
    await (await world.keeper.sendTransaction({ to: twin.addresses.aavePool, data })).wait();
    await (await world.vault.settle(1n)).wait();
    expect(await world.vault.claimableRedeemRequest(id, world.bob)).to.equal(shares);
    expect(await claimAll(world, world.bob)).to.be.within(quoteUnits(world, "249900"), quoteUnits(world, "250100"));
  });
});

describe("V25: dust in the queue", () => {
  let twin: Twin;
  let world: VaultWorld;
  const DUST = TOKEN / 100n;
  const COUNT = 400;

  const prepared = useTwin(async (started) => {
    twin = started;
    world = await createVaultWorld(twin);
    await world.deposit(world.alice, "1000000");
    await world.deposit(world.bob, "250000");
    await world.tick();
    // While no feed answers nobody is settled at once.
    await twin.advance(100_000);
    const vault = world.vault.connect(world.bob);
    for (let i = 0; i < COUNT; i++) {
      // Each for somebody else: every one of them writes to fresh storage.
      await vault.requestRedeem(DUST, Wallet.createRandom().address, world.bob, { gasLimit: 1_000_000n });
    }
    await world.vault.connect(world.alice).requestRedeem(1_000n * TOKEN, world.alice, world.alice);
    expect(await world.vault.queueTail()).to.equal(BigInt(COUNT) + 2n);
    await refreshFeeds(world, 2_500);
  });

  const settle = async (count: number): Promise<bigint> =>
    confirmed(await (await world.vault.connect(world.bob).settle(count)).wait()).gasUsed;

  it("cannot be finer than a hundredth of a share, save for all that somebody has", async () => {
    const bob = world.vault.connect(world.bob);
    await expectRevert(bob.requestRedeem(DUST - 1n, world.bob, world.bob), "HedgedVault_RequestTooSmall", [
      DUST - 1n,
      DUST,
    ]);
    await (await bob.transfer(world.keeper, 7n)).wait();
    await requestRedeem(world, world.keeper, 7n);
  });

  it("costs who settles it the same for each request, and never more than a block can hold", async () => {
    const gas: [number, bigint][] = [];
    for (const count of [1, 25, 50, 100, 150]) {
      await prepared.restore();
      gas.push([count, await settle(count)]);
    }
    const each = gas.slice(1).map(([count, used], i) => {
      const [countBefore, usedBefore] = gas[i] ?? [0, 0n];
      return Number(used - usedBefore) / (count - countBefore);
    });
    console.log(
      `      settle(n): ${gas.map(([n, used]) => `${n}: ${used}`).join(", ")}; each ${each.map(Math.round).join(", ")}`,
    );
    const [least, most] = [Math.min(...each), Math.max(...each)];
    expect(most - least, "linear").to.be.lessThan(Math.ceil(least / 50));
    expect(most, "three fresh slots").to.be.lessThan(100_000);
    expect(gas[4]?.[1], "150 in one transaction").to.be.lessThan(2n ** 24n);
  });

  it("reaches the request behind it, and takes nothing from those who stay", async () => {
    const price = await sharePrice(world);
    let calls = 0;
    while ((await world.vault.maxRedeem(world.alice)) === 0n) {
      await settle(100);
      calls++;
    }
    expect(calls).to.equal(Math.ceil((COUNT + 1) / 100));
    expect(await world.vault.maxRedeem(world.alice)).to.equal(1_000n * TOKEN);
    expect(await world.vault.queueHead()).to.equal(await world.vault.queueTail());
    expect(await claimAll(world, world.alice)).to.be.within(quoteUnits(world, "999.5"), quoteUnits(world, "1000.5"));
    expect(await sharePrice(world)).to.be.greaterThan(price - 1n);
  });

  it("can be cut to size by shares as well", async () => {
    const receipt = confirmed(
      await (await world.vault.connect(world.bob).settleShares(COUNT, 10n * DUST + DUST / 2n)).wait(),
    );
    expect(await world.vault.queueHead()).to.equal(11n);
    expect(await world.vault.headSettledShares()).to.equal(DUST / 2n);
    expect(eventsOf(receipt, "RedeemSettled").map(({ args }) => args["shares"] as bigint)).to.deep.equal([
      ...Array.from({ length: 10 }, () => DUST),
      DUST / 2n,
    ]);
  });

  it("does not keep anybody from leaving in kind", async () => {
    const id = (await world.vault.queueTail()) - 1n;
    await twin.advanceTo(Number((await world.vault.requestOf(id)).exitOpensAt));
    await fundAndApprove(world, world.alice, world.market.base, WETH, world.addresses.vault);
    const asAlice = world.vault.connect(world.alice);
    const receipt = confirmed(await (await asAlice.exitInKind(id, world.alice, WETH, 0n)).wait());
    expect(receipt.gasUsed).to.be.lessThan(1_500_000n);
    expect(await world.vault.queueHead()).to.equal(1n);
  });

  it("holds up a keeper for nothing", async () => {
    await setParams(world, { maxDeltaBps: 400n });
    await rebalance(world, [adjust(0, 0n)]);
  });
});
